/** The claim of an attempt: its request, and the closed set of its outcomes. */
import {
  type Cost,
  isExpired,
  isTerminal,
  isTombstone,
  type JobRecord,
  type Options,
} from './record.ts';

/** What a row says about its job from its first write on. `createdAt` in ms since the epoch. */
export interface JobFacts {
  readonly id: string;
  readonly kind: string;
  readonly messageId: string;
  readonly priority: string;
  readonly group: string;
  readonly source: string;
  readonly contentHash: string;
  readonly createdAt: number;
  readonly missionId?: string | undefined;
  readonly taskId?: string | undefined;
  readonly parentId?: string | undefined;
  /** The first of its dependencies, for people. */
  readonly dependsOn?: readonly string[] | undefined;
  readonly correlationId?: string | undefined;
  readonly callback?: string | undefined;
  /** The schedule that sent the job. */
  readonly schedule?: string | undefined;
  readonly cost?: Cost | undefined;
  /** Fingerprints of the options, to see when the same job is sent again with other options. */
  readonly options?: Options | undefined;
  /** The X-Ray header; the messages that the job causes carry it on. */
  readonly traceHeader?: string | undefined;
}

/** A request for the right to run an attempt. Times are ms since the epoch. */
export interface ClaimRequest extends JobFacts {
  readonly now: number;
  readonly leaseId: string;
  readonly leaseUntil: number;
  readonly attemptsMax: number;
  /** The Lambda request id, for the history. */
  readonly by: string;
  /** Whether the claim may make the row; false for a job that must have one because it waited. */
  readonly fresh: boolean;
  /** How many other message groups may run jobs in the same process. */
  readonly beside: number;
  /** The lost attempt to take over from; the claim then takes over from no other. */
  readonly over?: Lost | undefined;
}

/** An attempt whose worker never reported its end. */
interface Lost {
  readonly leaseId: string;
  /** The number of the attempt that takes over. */
  readonly attempt: number;
}

/** The outcome of a claim. */
export type ClaimOutcome =
  | { readonly kind: 'claimed'; readonly record: JobRecord }
  /** There is no row, and the claim must not make one. */
  | { readonly kind: 'absent' }
  /** Another attempt holds a live lease. */
  | { readonly kind: 'running'; readonly leaseUntil: number }
  /** Not due yet. */
  | { readonly kind: 'early'; readonly dueAt: number; readonly record: JobRecord }
  /** Dependencies of the job have not ended. */
  | { readonly kind: 'waiting'; readonly record: JobRecord }
  /** The job has ended, so there is nothing to do. */
  | { readonly kind: 'finished'; readonly record: JobRecord }
  /** The job ended so long ago that its record counts as gone. */
  | { readonly kind: 'expired'; readonly record: JobRecord }
  /** The job is dead and holds its group until a person decides. */
  | { readonly kind: 'halted'; readonly record: JobRecord }
  /** A person asked to cancel the job, and no attempt runs that could see the request. */
  | { readonly kind: 'cancelling'; readonly record: JobRecord }
  /** The last attempt died with its worker: the job may run again, but beside no other job. */
  | { readonly kind: 'abandoned'; readonly record: JobRecord }
  /** The last allowed attempt died with its worker. */
  | { readonly kind: 'exhausted'; readonly record: JobRecord }
  /** The id belongs to a job with other content. */
  | { readonly kind: 'taken'; readonly record: JobRecord };

/** Whether nothing ran beside the last attempt, so that no other job can have killed its worker. */
const ranAlone = ({ history }: JobRecord): boolean =>
  history.findLast(({ event }) => event === 'claimed')?.beside === undefined;

/**
 * How to take over from a lost attempt. A lost attempt that ran beside other jobs may be a victim
 * of one of them, so it is not counted; a lost attempt that ran alone is counted.
 */
export const lostAttempt = (record: JobRecord): Lost => ({
  leaseId: record.leaseId ?? '',
  attempt: ranAlone(record) ? record.attempt + 1 : record.attempt,
});

const ofTerminal = (record: JobRecord, now: number): ClaimOutcome => {
  if (record.halted) return { kind: 'halted', record };
  return isExpired(record, now) ? { kind: 'expired', record } : { kind: 'finished', record };
};

const ofOpen = (
  record: JobRecord,
  request: Pick<ClaimRequest, 'now' | 'attemptsMax'>,
  skewMs: number,
): ClaimOutcome => {
  const heldUntil = record.status === 'RUNNING' ? (record.leaseUntil ?? 0) + skewMs : 0;
  if (heldUntil >= request.now) return { kind: 'running', leaseUntil: heldUntil };
  if (record.cancelRequest) return { kind: 'cancelling', record };
  if (record.status === 'WAITING' && record.pending) return { kind: 'waiting', record };
  if (record.status === 'RUNNING') {
    const isSpent = lostAttempt(record).attempt > request.attemptsMax;
    return isSpent ? { kind: 'exhausted', record } : { kind: 'abandoned', record };
  }
  if (record.attempt >= request.attemptsMax) return { kind: 'exhausted', record };
  const dueAt = (record.status === 'WAITING' ? record.notBefore : record.dueAt) ?? request.now;
  return { kind: 'early', dueAt, record };
};

/**
 * Why a claim was refused, read from the record that stood in its way.
 * @param skewMs how much longer a lease counts as live, because clocks differ
 */
export const classifyRefusal = (
  record: JobRecord | undefined,
  request: Pick<ClaimRequest, 'leaseId' | 'now' | 'contentHash' | 'attemptsMax'>,
  skewMs: number,
): ClaimOutcome => {
  // A row without a status only says that others wait for the job.
  if (record?.status === undefined) return { kind: 'absent' };
  // The first write was applied and only its answer was lost; the SDK's retry finds our own lease.
  if (record.leaseId === request.leaseId) return { kind: 'claimed', record };
  // A person cancelled the id before any message came, so the content does not matter.
  if (isTombstone(record)) return ofTerminal(record, request.now);
  if (isTerminal(record.status) && isExpired(record, request.now))
    return { kind: 'expired', record };
  if (record.contentHash !== request.contentHash) return { kind: 'taken', record };
  return isTerminal(record.status)
    ? ofTerminal(record, request.now)
    : ofOpen(record, request, skewMs);
};

/** The outcome of a conditional change of a row. */
export type FencedOutcome =
  | { readonly kind: 'applied'; readonly record?: JobRecord }
  /**
   * The row is no longer as expected: another attempt has the lease, or another writer was first.
   */
  | { readonly kind: 'lost'; readonly record: JobRecord | undefined };

/** What became of a wake: the row after it, or the row that was not to be woken. */
export type Wake =
  | { readonly kind: 'woken'; readonly record: JobRecord }
  | { readonly kind: 'asleep'; readonly record: JobRecord | undefined };
