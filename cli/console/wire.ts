/** What the console's server sends to its page: types alone, for both. */

import type { UndoWish } from './wireViews.ts';

/** The place that the console shows, and what the page may do there. */
export interface ConsoleSession {
  readonly label: string;
  readonly stage: string;
  readonly embedded: boolean;
  /** Drawn in another colour, and named before each action. */
  readonly production: boolean;
  readonly readOnly: boolean;
  /** Who is written down as the one who decides. */
  readonly actor: string;
  readonly kinds: readonly KindForm[];
  /** How often the page asks again, in ms. */
  readonly refreshMs: { readonly lists: number; readonly board: number };
  /** Ranges of the board in seconds; the first is shown at first. */
  readonly ranges: readonly number[];
  /** All jobs are indexed here: every list is free. */
  readonly indexed: boolean;
}

/** One field of a payload, as a form asks for it. */
export interface KindField {
  readonly name: string;
  readonly type: 'text' | 'number' | 'boolean' | 'choice' | 'json';
  readonly required: boolean;
  readonly options?: readonly string[];
}

/** A kind that can be sent; without `fields` its payload is written as JSON. */
export interface KindForm {
  readonly kind: string;
  readonly fields?: readonly KindField[];
}

/** A job as a row of a list. Times are ms since the epoch. */
export interface JobLine {
  readonly id: string;
  readonly status: string;
  readonly kind: string;
  readonly source: string;
  readonly group: string;
  readonly priority: string;
  readonly attempt: number;
  readonly createdAt: number;
  readonly updatedAt: number;
  readonly dueAt?: number;
  readonly code?: string;
  readonly message?: string;
  readonly mission?: string;
  readonly task?: string;
  /** The host of the mesh that was asked last. */
  readonly host?: string;
  readonly halted?: boolean;
}

/** A page of jobs, or what must be decided before one is read. */
export type JobsAnswer =
  | {
      readonly kind: 'page';
      /** In words: which jobs these are, and where they were found. */
      readonly found: string;
      readonly rows: readonly JobLine[];
      readonly next?: string;
      readonly read?: number;
      /** Number of jobs of each status, where it is known. */
      readonly byStatus?: Readonly<Record<string, number>>;
    }
  | {
      readonly kind: 'scan';
      readonly items: number;
      readonly bytes: number;
      readonly readUnits: number;
      readonly usd: number;
    };

/** One decision, signal, posting or try about a job. */
export interface TraceLine {
  readonly at: number;
  readonly event: string;
  readonly text: string;
}

/** A kept step of a job. */
export interface StepLine {
  readonly name: string;
  readonly op: string;
  readonly at: number;
  readonly tookMs: number;
  readonly tries: number;
  readonly job?: string;
  readonly code?: string;
}

/** Everything about one job. */
export interface JobWhole {
  readonly job: Readonly<Record<string, unknown>> & {
    readonly id: string;
    readonly status: string;
    readonly kind: string;
    readonly createdAt: number;
    readonly updatedAt: number;
  };
  readonly trace: readonly TraceLine[];
  readonly steps: readonly StepLine[];
  /** Names of the signals that the job waits for. */
  readonly signals: readonly string[];
  /** What can be done with it now. */
  readonly can: readonly string[];
  /** Fields of the payload and the result that are hidden, as paths; absent: none. */
  readonly sensitive?: readonly string[];
}

/** One job of a flow, with what is below it. */
export interface FlowPart {
  readonly id: string;
  readonly as: 'root' | 'child' | 'dependant';
  readonly status?: string | undefined;
  readonly kind?: string | undefined;
  readonly cut: boolean;
  readonly below: readonly FlowPart[];
}

/** A list with a text for each cell. */
export interface TextTable {
  readonly columns: readonly string[];
  readonly rows: readonly (readonly string[])[];
  /** The job of each row, if rows are about jobs. */
  readonly jobs?: readonly string[];
  /** How many more there are than are shown; absent: none. */
  readonly more?: number;
  /** What to show when there are no rows. */
  readonly none: string;
}

/** The mesh's own state. */
export interface MeshState {
  readonly state: string;
  readonly since: number;
  readonly pausedQueues: readonly string[];
  readonly pausedSources: readonly string[];
  /** Limits of the sources that have some of their own. */
  readonly limits: Readonly<
    Record<
      string,
      {
        readonly perMinute?: number;
        readonly burst?: number;
        readonly concurrency?: number;
      }
    >
  >;
  readonly events: readonly {
    readonly at: number;
    readonly what: string;
    readonly from: string;
    readonly to: string;
    readonly actor: string;
    readonly reason: string;
  }[];
}

/** One line of a graph; `null` for a bin without a value. */
interface BoardLine {
  readonly label: string;
  readonly points: readonly (number | null)[];
}

/** One graph of the board. */
export interface BoardWidget {
  readonly title: string;
  readonly view: 'lines' | 'stacked' | 'numbers';
  readonly unit: string;
  readonly limits: readonly { readonly label: string; readonly value: number }[];
  readonly lines: readonly BoardLine[];
  /** Each line is a count per bin: the sum over the range says how much in all. */
  readonly counted: readonly boolean[];
}

/** An alarm that is on. */
export interface BoardAlarm {
  readonly id: string;
  readonly severity: 'page' | 'ticket';
  readonly means: string;
  readonly firstLook: string;
  readonly firstAction: string;
  /** CloudWatch's own words. */
  readonly reason?: string;
  readonly since?: number;
}

/** The overview. */
export interface Board {
  /** ms since the epoch: the start of the first bin. */
  readonly from: number;
  readonly binMs: number;
  readonly length: number;
  readonly rows: readonly {
    readonly title: string;
    readonly hint: string;
    readonly widgets: readonly BoardWidget[];
  }[];
  readonly alarms: { readonly defined: number; readonly on: readonly BoardAlarm[] };
  /** What the servers of an embedded cloud hold. */
  readonly machine?: {
    readonly queues: readonly {
      readonly name: string;
      readonly visible: number;
      readonly inFlight: number;
      readonly delayed: number;
      readonly oldestSeconds: number;
    }[];
    readonly tables: readonly { readonly name: string; readonly items: number }[];
  };
  /** What the reader should know of this view, such as what it costs. */
  readonly note?: string;
}

/** What an action did to each of its jobs. */
export interface ActAnswer {
  readonly done: readonly { readonly id: string; readonly text: string }[];
  readonly refused: readonly {
    readonly id: string;
    readonly code: string;
    readonly message: string;
  }[];
  /** What takes it back; absent: nothing changed, or nothing can. */
  readonly undo?: UndoWish;
}

/** Why a request was not answered. */
export interface ConsoleRefusal {
  readonly code: string;
  readonly message: string;
}
