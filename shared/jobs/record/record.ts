/** The row of a job in the Jobs table. */
import { type Status, TERMINAL, type Terminal } from '#shared/contracts/jobs.ts';
import { LIMITS } from '#shared/kernel/limits.ts';
import type { KeptWait, Unwind } from '../steps/kept.ts';
import type { Cost, HeldShares, Settlement } from './cost.ts';

export type { Status } from '#shared/contracts/jobs.ts';
export type { ChildHold, Cost, HeldShares, Settlement } from './cost.ts';

/** Whether the job has ended; false without a status. */
export const isTerminal = (status: Status | undefined): status is Terminal =>
  (TERMINAL as readonly (Status | undefined)[]).includes(status);

/** Whether the job waits in the middle of its work. */
export const isSuspended = ({
  status,
  wait,
  pending,
}: Pick<JobRecord, 'status' | 'wait' | 'pending'>): boolean =>
  status === 'WAITING' && wait !== undefined && pending === undefined;

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
    | 'unwinding'
    | 'skipped'
    | 'cancelled'
    | 'redriven'
    | 'quarantined';
  readonly attempt?: number;
  /** Of a claim, the Lambda request; else the host that was asked, or the person who decided. */
  readonly by?: string;
  /** Of a claim: how many other groups of the batch may have run beside; absent when none did. */
  readonly beside?: number;
  readonly code?: string;
  /** The person's reason, or what the job waited for. */
  readonly note?: string;
  /** The job must not start before, ms since the epoch. */
  readonly dueAt?: number;
}

/** A person's request to end an attempt, which sees the request at its next heartbeat. */
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

export interface Progress {
  /** 0 to 1. */
  readonly fraction: number;
  readonly note?: string;
  /** ms since the epoch. */
  readonly at: number;
}

/** The row of a job. Times are ms since the epoch, except `expiresAt`. */
export interface JobRecord {
  /** The id of the job. */
  readonly id: string;
  /** The name of the job's kind; empty for a body that names none. */
  readonly kind: string;
  /** The state of the job. */
  readonly status: Status;
  /** The number of the last attempt; 0 before the first attempt. */
  readonly attempt: number;
  /** When the job was sent. */
  readonly createdAt: number;
  /** When the row last changed. */
  readonly updatedAt: number;
  /** The id of the job's first message. */
  readonly messageId: string;
  /** The priority of the queue that the job came from. */
  readonly priority: string;
  /** The message group of the job. */
  readonly group: string;
  /** Who sent the job. */
  readonly source: string;
  /** The hash of what the job does; empty when no message of the job was seen. */
  readonly contentHash: string;
  /** The decisions about the job, the oldest first. */
  readonly history: readonly HistoryEvent[];
  /** The mission that the job belongs to, a label of the sender. */
  readonly missionId?: string;
  /** The task that the job belongs to, a label of the sender. */
  readonly taskId?: string;
  /** The id of the job that sent this job. */
  readonly parentId?: string;
  /** The ids of the jobs that must end before this job starts. */
  readonly dependsOn?: readonly string[];
  /** The id that a job and all its children share. */
  readonly correlationId?: string;
  /** The token of the running attempt: only its holder may change the row. */
  readonly leaseId?: string;
  /** When the lease of the running attempt ends, unless a heartbeat extends it. */
  readonly leaseUntil?: number;
  /** The job must not start before; of a WAITING job, its deadline. */
  readonly dueAt?: number;
  /** Of a WAITING job: its earliest start, also when its dependencies end before. */
  readonly notBefore?: number;
  /** What the last run of the job stopped for; set once the job has waited in a run. */
  readonly wait?: KeptWait;
  /** The version of the kind under which the job stopped to wait. */
  readonly stepsVersion?: string;
  /** Steps must be taken back before the job may end without completing. */
  readonly owes?: true;
  /** Why the job takes its steps back now. */
  readonly unwind?: Unwind;
  /** The jobs that the last run called first: their envelopes, as a JSON array; or `callsRef`. */
  readonly calls?: string;
  /** The key of a large list of called jobs in the bucket. */
  readonly callsRef?: string;
  /** Jobs that it called and no longer waits for: their ids, as a JSON array. */
  readonly dropped?: string;
  /** The job waits for jobs that it called. */
  readonly awaiting?: 'calls';
  /** The shard of the due index; set only while the job has no message. */
  readonly due?: string;
  /** Positions, in the list of dependencies, of those that have not ended. */
  readonly pending?: ReadonlySet<number>;
  /** What happens when a dependency fails: the job fails too, or it runs. */
  readonly onDependencyFailure?: 'fail' | 'run';
  /** Other jobs wait for this job, so the relay must look for them when the job ends. */
  readonly dependants?: true;
  /** How often the job was put back by hand. */
  readonly generation?: number;
  /** How often the job was snoozed. */
  readonly snoozes?: number;
  /** A person's request to end the running attempt. */
  readonly cancelRequest?: CancelRequest;
  /** The job is dead and holds its group; `receipt` lets the group go on. */
  readonly halted?: true;
  /** The receipt of the message that the job waits with. */
  readonly receipt?: Receipt;
  /** The job's place in its group, kept while the job has no message. */
  readonly place?: Place;
  /** The last report of the handler's progress. */
  readonly progress?: Progress;
  /** The result as JSON text, so that numbers keep their digits; or `resultRef`, its key. */
  readonly result?: string;
  /** The key of a large result in the bucket. */
  readonly resultRef?: string;
  /** The envelopes of the job's children, as a JSON array; or `childrenRef`, the array's key. */
  readonly children?: string;
  /** The key of a large list of children in the bucket. */
  readonly childrenRef?: string;
  /** The URL to which the job's end is posted. */
  readonly callback?: string;
  /** The schedule that sent the job. */
  readonly schedule?: string;
  /** What the job costs, and who pays. */
  readonly cost?: Cost;
  /** The parts of what is held that pay for jobs that the job called in earlier runs. */
  readonly shares?: HeldShares;
  /** How the completed job is paid. */
  readonly settlement?: Settlement;
  /** The sender's options that do not change what the job does. */
  readonly options?: Options;
  /** The first few other messages under the job's id, in the order in which they were sent. */
  readonly repeats?: readonly Repeat[];
  /** The mesh host that was asked last; the host may have the result. */
  readonly host?: string;
  /** The X-Ray trace header of the sender. */
  readonly traceHeader?: string;
  /** The error of the last failed attempt. */
  readonly error?: JobError;
  /** The errors of the last failed attempts, the newest last. */
  readonly errors?: readonly JobError[];
  /** The message body of a job without a message; or `envelopeRef`, the body's key. */
  readonly envelope?: string;
  /** The key of a large envelope in the bucket. */
  readonly envelopeRef?: string;
  /**
   * Key of the attention index, `<status>#<shard>`; set only when a person should look at the job.
   */
  readonly attention?: string;
  /** TTL, in seconds since the epoch. */
  readonly expiresAt?: number;
}

/** From when on signals are for this job, not for an earlier one with its id; ms since the epoch. */
export const signalsSince = ({ createdAt }: Pick<JobRecord, 'createdAt'>): number =>
  createdAt - LIMITS.signalAheadSeconds * 1_000;

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
