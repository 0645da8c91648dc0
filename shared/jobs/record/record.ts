/** A job as the Jobs table keeps it. */
import { type Status, TERMINAL, type Terminal } from '#shared/contracts/jobs.ts';

export type { Status } from '#shared/contracts/jobs.ts';

export const isTerminal = (status: Status | undefined): status is Terminal =>
  (TERMINAL as readonly (Status | undefined)[]).includes(status);

/** A job that was cancelled before anybody knew what it is. */
export const isTombstone = ({ status, contentHash }: JobRecord): boolean =>
  status === 'CANCELLED' && contentHash === '';

export interface JobError {
  readonly code: string;
  readonly message: string;
  readonly attempt: number;
  /** ms since the epoch. */
  readonly at: number;
  readonly stack?: string;
}

export interface HistoryEvent {
  /** ms since the epoch. */
  readonly at: number;
  readonly event:
    | 'claimed'
    | 'dispatched'
    | 'retrying'
    | 'snoozed'
    | 'interrupted'
    | 'scheduled'
    | 'waiting'
    | 'limited'
    | 'parked'
    | 'completed'
    | 'dead'
    | 'halted'
    | 'resumed'
    | 'skipped'
    | 'cancelled'
    | 'redriven'
    | 'quarantined';
  readonly attempt?: number;
  /**
   * The Lambda request that claimed, to find its log lines; the host that was asked; or the person
   * who decided.
   */
  readonly by?: string;
  /** Of a claim: lanes of its batch whose jobs may have run beside it; absent when it ran alone. */
  readonly beside?: number;
  readonly code?: string;
  /** Why a person decided so, or what was waited for. */
  readonly note?: string;
  /** Not before, ms since the epoch. */
  readonly dueAt?: number;
}

/** A person's wish that a running attempt ends; the attempt sees it at its next heartbeat. */
export interface CancelRequest {
  readonly at: number;
  readonly by: string;
  readonly reason: string;
}

/** That the job comes before others of its group, though its message does not. */
export interface Place {
  /** The job before it; none when that had ended. */
  readonly after?: string;
}

/** How to reach a message that stays in flight: with it, its group can be let go at once. */
export interface Receipt {
  readonly queueUrl: string;
  readonly handle: string;
}

/** What a job's completion costs whom. */
export interface Cost {
  readonly payer: string;
  readonly unit: string;
  /** Minor units, as text. */
  readonly amount: string;
  /** Of a child that is paid from what its parent held. */
  readonly draw?: Draw;
}

/** A hold that is taken out of another one. */
export interface Draw {
  readonly hold: string;
  readonly of: string;
  /** When it ends by itself, ms since the epoch. */
  readonly until: number;
}

/** How a completed job is paid. */
export interface Settlement {
  /** The hold that it is paid from; with `final`, the hold was for this job alone. */
  readonly hold: string;
  readonly final: boolean;
  /** Who did the work. */
  readonly payee: string;
  /** The operator's share, in parts per million. */
  readonly marginPpm: number;
  /** What the job itself costs, in minor units as text; what its shares leave of it when absent. */
  readonly amount?: string;
  /** What of the price its children get, in their order: as text, in minor units. */
  readonly shares?: { readonly amounts: readonly string[]; readonly until: number };
}

export interface Progress {
  /** 0 to 1. */
  readonly fraction: number;
  readonly note?: string;
  readonly at: number;
}

/** Times are ms since the epoch, except `expiresAt`. */
export interface JobRecord {
  readonly id: string;
  readonly kind: string;
  readonly status: Status;
  readonly attempt: number;
  readonly createdAt: number;
  readonly updatedAt: number;
  readonly messageId: string;
  readonly priority: string;
  readonly group: string;
  readonly source: string;
  readonly contentHash: string;
  readonly history: readonly HistoryEvent[];
  readonly missionId?: string;
  readonly taskId?: string;
  readonly parentId?: string;
  readonly dependsOn?: readonly string[];
  readonly correlationId?: string;
  readonly leaseId?: string;
  readonly leaseUntil?: number;
  /** Not before; of a WAITING job its deadline. */
  readonly dueAt?: number;
  /** Of a WAITING job that asked for it: not before, once its dependencies have ended. */
  readonly notBefore?: number;
  /** Shard of the due index; only while no message stands for the job. */
  readonly due?: string;
  /** Ordinals of the dependencies that have not ended. */
  readonly pending?: ReadonlySet<number>;
  readonly onDependencyFailure?: 'fail' | 'run';
  /** Other jobs wait for this one: its end is worth a look by the relay. */
  readonly dependants?: true;
  /** How often the job was put back by hand. */
  readonly generation?: number;
  readonly snoozes?: number;
  readonly cancelRequest?: CancelRequest;
  /** A dead job that holds its group; `receipt` lets it go. */
  readonly halted?: true;
  readonly receipt?: Receipt;
  readonly place?: Place;
  readonly progress?: Progress;
  /** The result as JSON text, so that numbers keep their digits; or where it is kept. */
  readonly result?: string;
  readonly resultRef?: string;
  /** Envelopes to send because this job completed, as a JSON array; or where it is kept. */
  readonly children?: string;
  readonly childrenRef?: string;
  /** Where the end is to be reported to. */
  readonly callback?: string;
  /** The schedule that sent it. */
  readonly schedule?: string;
  readonly cost?: Cost;
  readonly settlement?: Settlement;
  /** What it asks for beside its content. */
  readonly options?: Options;
  /** What else came under its id, the first few; in the order in which they were sent. */
  readonly repeats?: readonly Repeat[];
  /** The mesh host that was asked last: it may have the result. */
  readonly host?: string;
  readonly traceHeader?: string;
  readonly error?: JobError;
  readonly errors?: readonly JobError[];
  /** The message body of a job that no message stands for any more, bounded; or where it is kept. */
  readonly envelope?: string;
  readonly envelopeRef?: string;
  /** For the sparse index of jobs a person should look at: `<status>#<shard>`. */
  readonly attention?: string;
  /** TTL, in seconds since the epoch. */
  readonly expiresAt?: number;
}

/** DynamoDB deletes expired items hours late; until then they count as gone. */
export const isExpired = (record: Pick<JobRecord, 'expiresAt'>, now: number): boolean =>
  record.expiresAt !== undefined && record.expiresAt * 1_000 <= now;

/** The right to run one attempt; later writes of the attempt are fenced by it. */
export interface Lease {
  readonly id: string;
  readonly attempt: number;
  readonly leaseId: string;
}

/** Another message under a job's id. */
export interface Repeat {
  /** When it was sent, ms since the epoch. */
  readonly at: number;
  readonly messageId: string;
  /** `REPEATED`: the same content, its options dropped. The others were refused. */
  readonly code: 'ID_TAKEN' | 'IDEMPOTENCY_MISMATCH' | 'REPEATED';
  /** Names of the options that were not taken up. */
  readonly options?: readonly string[];
}

/** Fingerprints of what an envelope asks for beside its content, by the names of its fields. */
export type Options = Readonly<Record<string, string>>;
