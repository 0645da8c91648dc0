/** The row of a job in the Jobs table. */
import { type Status, TERMINAL, type Terminal } from '#shared/contracts/jobs.ts';

export type { Status } from '#shared/contracts/jobs.ts';

/** Whether the job has ended; false without a status. */
export const isTerminal = (status: Status | undefined): status is Terminal =>
  (TERMINAL as readonly (Status | undefined)[]).includes(status);

/** Whether the job was cancelled before any message of it was seen. */
export const isTombstone = ({ status, contentHash }: JobRecord): boolean =>
  status === 'CANCELLED' && contentHash === '';

/** A failed attempt; `attempt` is 0 for a job that failed before its first attempt. */
export interface JobError {
  readonly code: string;
  readonly message: string;
  readonly attempt: number;
  /** ms since the epoch. */
  readonly at: number;
  readonly stack?: string;
}

/** One decision about a job. */
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
   * Of a claim, the Lambda request, to find its log lines; else the host that was asked, or the
   * person who decided.
   */
  readonly by?: string;
  /** Of a claim: how many other groups of the batch may have run beside; absent when none did. */
  readonly beside?: number;
  readonly code?: string;
  /** The person's reason, or what the job waited for. */
  readonly note?: string;
  /** The job must not start before, ms since the epoch. */
  readonly dueAt?: number;
}

/**
 * A person's request to end a running attempt; the attempt sees the request at its next heartbeat.
 */
export interface CancelRequest {
  readonly at: number;
  readonly by: string;
  readonly reason: string;
}

/** The place of a job whose message was taken away: later jobs of its group wait for this job. */
export interface Place {
  /** The id of the job before; absent when that job had ended. */
  readonly after?: string;
}

/** The receipt of a message in flight. With it, the message can be made visible at once. */
export interface Receipt {
  readonly queueUrl: string;
  readonly handle: string;
}

/** What a job's completion costs, and who pays. */
export interface Cost {
  readonly payer: string;
  readonly unit: string;
  /** Minor units, as text. */
  readonly amount: string;
  /** Only of a child that is paid from its parent's hold. */
  readonly draw?: Draw;
}

/** A hold that takes its amount out of another hold. */
export interface Draw {
  /** The id of the new hold. */
  readonly hold: string;
  /** The id of the hold that the amount comes from. */
  readonly of: string;
  /** When the new hold expires, ms since the epoch. */
  readonly until: number;
}

/** How a completed job is paid. */
export interface Settlement {
  /** The hold that pays the job; with `final`, the hold was for this job alone. */
  readonly hold: string;
  readonly final: boolean;
  /** Who did the work. */
  readonly payee: string;
  /** The operator's share, in parts per million. */
  readonly marginPpm: number;
  /** What the job itself costs, in minor units as text. When absent: its price less its shares. */
  readonly amount?: string;
  /**
   * The parts of the price for its children, in their order: minor units as text. `until` in ms.
   */
  readonly shares?: { readonly amounts: readonly string[]; readonly until: number };
}

export interface Progress {
  /** 0 to 1. */
  readonly fraction: number;
  readonly note?: string;
  /** ms since the epoch. */
  readonly at: number;
}

/** The row of a job. Times are ms since the epoch, except `expiresAt`. */
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
  /** The job must not start before; of a WAITING job, its deadline. */
  readonly dueAt?: number;
  /** Of a WAITING job: its earliest start, also when its dependencies end before. */
  readonly notBefore?: number;
  /** The shard of the due index; set only while the job has no message. */
  readonly due?: string;
  /** Positions, in the list of dependencies, of those that have not ended. */
  readonly pending?: ReadonlySet<number>;
  readonly onDependencyFailure?: 'fail' | 'run';
  /** Other jobs wait for this job, so the relay must look for them when the job ends. */
  readonly dependants?: true;
  /** How often the job was put back by hand. */
  readonly generation?: number;
  readonly snoozes?: number;
  readonly cancelRequest?: CancelRequest;
  /** The job is dead and holds its group; `receipt` lets the group go on. */
  readonly halted?: true;
  readonly receipt?: Receipt;
  readonly place?: Place;
  readonly progress?: Progress;
  /** The result as JSON text, so that numbers keep their digits; or `resultRef`, its key. */
  readonly result?: string;
  readonly resultRef?: string;
  /** The envelopes of the job's children, as a JSON array; or `childrenRef`, the array's key. */
  readonly children?: string;
  readonly childrenRef?: string;
  /** The URL to which the job's end is posted. */
  readonly callback?: string;
  /** The schedule that sent the job. */
  readonly schedule?: string;
  readonly cost?: Cost;
  readonly settlement?: Settlement;
  readonly options?: Options;
  /** The first few other messages under the job's id, in the order in which they were sent. */
  readonly repeats?: readonly Repeat[];
  /** The mesh host that was asked last; the host may have the result. */
  readonly host?: string;
  readonly traceHeader?: string;
  readonly error?: JobError;
  readonly errors?: readonly JobError[];
  /** The message body of a job without a message; or `envelopeRef`, the body's key. */
  readonly envelope?: string;
  readonly envelopeRef?: string;
  /**
   * Key of the attention index, `<status>#<shard>`; set only when a person should look at the job.
   */
  readonly attention?: string;
  /** TTL, in seconds since the epoch. */
  readonly expiresAt?: number;
}

/** Whether a row counts as gone, though DynamoDB may delete it hours later. `now` in ms. */
export const isExpired = (record: Pick<JobRecord, 'expiresAt'>, now: number): boolean =>
  record.expiresAt !== undefined && record.expiresAt * 1_000 <= now;

/** The right to run one attempt. Writes of the attempt apply only while the row has this lease. */
export interface Lease {
  readonly id: string;
  readonly attempt: number;
  readonly leaseId: string;
}

/** Another message under a job's id. */
export interface Repeat {
  /** When the message was sent, ms since the epoch. */
  readonly at: number;
  readonly messageId: string;
  /** `REPEATED`: the same content, with options that do not count. Other codes: refused. */
  readonly code: 'ID_TAKEN' | 'IDEMPOTENCY_MISMATCH' | 'REPEATED';
  /** Names of the options that do not count. */
  readonly options?: readonly string[];
}

/** Fingerprints of an envelope's fields beside its content, by the names of the fields. */
export type Options = Readonly<Record<string, string>>;
