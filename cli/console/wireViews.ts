/** What the console's server sends for the views of ledger, hosts and waits: types alone. */

/** How the comparison of the ledger with its journal stands. Times are ms since the epoch. */
export interface VerifyState {
  readonly state: 'never' | 'runs' | 'stopped' | 'failed' | 'right' | 'wrong' | 'unsure';
  /** Blocks of the journal that were executed again, and all that there were at the start. */
  readonly blocks: number;
  readonly blocksTotal: number;
  /** Items of the table that were read, before the journal. */
  readonly items: number;
  readonly startedAt?: number;
  readonly endedAt?: number;
  /** The first difference. In the state `unsure` a write may be the reason. */
  readonly problem?: { readonly where: string; readonly what: string };
  readonly seen?: Readonly<
    Record<'blocks' | 'transfers' | 'accounts' | 'balances' | 'holds', number>
  >;
  /** Why the look could not go on. */
  readonly fault?: string;
}

/** The probes of an hour or a day. */
export interface UptimeBin {
  /** Its start, ms since the epoch. */
  readonly at: number;
  readonly probes: number;
  readonly passes: number;
}

/** One host: how it stands, how it was, and what it runs. Times are ms since the epoch. */
export interface HostWhole {
  readonly id: string;
  readonly endpoint: string;
  readonly state: string;
  readonly isDrained: boolean;
  /** Names and texts, as `sheratan hosts show` has them. */
  readonly facts: readonly (readonly [name: string, text: string])[];
  readonly slots: { readonly used: number; readonly all: number };
  /** The share of passed probes: of the last day, 30 and 365 days. */
  readonly uptime: readonly (readonly [window: string, text: string])[];
  /** The last 24 hours, then the last 90 days; the oldest first. */
  readonly hours: readonly UptimeBin[];
  readonly days: readonly UptimeBin[];
  readonly changes: readonly {
    readonly since: number;
    readonly from: string;
    readonly to: string;
    readonly reason: string;
  }[];
  /** Jobs that hold a slot, until the end of their lease. */
  readonly jobs: readonly { readonly job: string; readonly until: number }[];
}

/** Something that holds jobs back. */
export interface WaitCause {
  readonly kind: 'mesh' | 'queue' | 'source' | 'group' | 'limit' | 'host' | 'job' | 'signal';
  /** Of a queue, a source, a host, a job or a signal. */
  readonly name: string;
  readonly title: string;
  readonly why: string;
  /** Jobs that have what others wait for: a slot, or the place before them. */
  readonly holders: readonly string[];
  /** Jobs that wait for it; `says`: why this one does, where the title does not say it. */
  readonly waiters: readonly { readonly job: string; readonly says: string }[];
  /** How many more wait. */
  readonly more: number;
}

/** Who waits for whom. */
export interface WaitMap {
  readonly causes: readonly WaitCause[];
  /** How many open jobs were looked at. */
  readonly looked: number;
  /** Every open job with a record was looked at. */
  readonly whole: boolean;
}

/** The action that takes an action back, as the page asks for it: it asks why, as any other. */
export interface UndoWish {
  readonly action: string;
  /** The name of its words, where this is not its action's. */
  readonly words?: string;
  /** What it is about: in words, or ids. */
  readonly ids: readonly string[];
  /** Fixed fields of the wish. */
  readonly more?: object;
}

/** A line that a function printed. */
export interface LogLine {
  /** ms since the epoch. */
  readonly at: number;
  /** The function. */
  readonly from: string;
  readonly text: string;
}

/** The log lines of a job's attempts; elsewhere than here with the command that finds them. */
export interface JobLogs {
  readonly lines?: readonly LogLine[];
  readonly command?: string;
  /** Why the lines could not be read. */
  readonly fault?: string;
}

/** When a schedule would come next. */
export interface TickTimes {
  /** ms since the epoch. */
  readonly at: readonly number[];
  /** A rate counts from the start of the schedule. */
  readonly fromStart: boolean;
  /** Why the expression or the time zone is none. */
  readonly fault?: string;
}

/** The posted balance of an account at the end of each of some equal parts of a range. */
export interface BalancesAnswer {
  /** ms since the epoch: the start of the first part. */
  readonly from: number;
  readonly binMs: number;
  readonly length: number;
  /** In minor units; `null`: the entries that tell it are archived. */
  readonly points: readonly (number | null)[];
}
