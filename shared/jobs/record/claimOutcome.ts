/** The claim of an attempt: what it asks for, and the closed set of answers. */
import {
  type Cost,
  isExpired,
  isTerminal,
  isTombstone,
  type JobRecord,
  type Options,
} from './record.ts';

/** What a row says about its job from the first write on. */
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
  /** What it depends on, as far as it is worth keeping for people. */
  readonly dependsOn?: readonly string[] | undefined;
  readonly correlationId?: string | undefined;
  readonly callback?: string | undefined;
  /** The schedule that sent it. */
  readonly schedule?: string | undefined;
  readonly cost?: Cost | undefined;
  /** What it asks for beside its content, to tell when the same job comes again with others. */
  readonly options?: Options | undefined;
  /** X-Ray's; what the job brings about carries it on. */
  readonly traceHeader?: string | undefined;
}

export interface ClaimRequest extends JobFacts {
  readonly now: number;
  readonly leaseId: string;
  readonly leaseUntil: number;
  readonly attemptsMax: number;
  readonly by: string;
  /** May create the row; a job that must wait for something first may not. */
  readonly fresh: boolean;
  /** Lanes whose jobs may run beside it, in the same process. */
  readonly beside: number;
  /** Takes over from an attempt whose worker was lost, and from no other. */
  readonly over?: Lost | undefined;
}

/** An attempt that never reported back. */
interface Lost {
  readonly leaseId: string;
  /** The number of the attempt that takes over. */
  readonly attempt: number;
}

export type ClaimOutcome =
  | { readonly kind: 'claimed'; readonly record: JobRecord }
  /** There is no row, and the claim was not to make one. */
  | { readonly kind: 'absent' }
  /** Another attempt holds a live lease. */
  | { readonly kind: 'running'; readonly leaseUntil: number }
  /** Not due yet. */
  | { readonly kind: 'early'; readonly dueAt: number; readonly record: JobRecord }
  /** Its dependencies have not ended. */
  | { readonly kind: 'waiting'; readonly record: JobRecord }
  /** Nothing to do: the job has ended. */
  | { readonly kind: 'finished'; readonly record: JobRecord }
  /** It ended so long ago that its record counts as gone. */
  | { readonly kind: 'expired'; readonly record: JobRecord }
  /** Dead, and it holds its group until a person decides. */
  | { readonly kind: 'halted'; readonly record: JobRecord }
  /** A person wants it to end, and no attempt is there to see that. */
  | { readonly kind: 'cancelling'; readonly record: JobRecord }
  /** Its attempt died with its worker: it may run again, but beside no other job. */
  | { readonly kind: 'abandoned'; readonly record: JobRecord }
  /** The last allowed attempt died with its worker. */
  | { readonly kind: 'exhausted'; readonly record: JobRecord }
  /** The id belongs to a job with other content. */
  | { readonly kind: 'taken'; readonly record: JobRecord };

/** Whether nothing ran beside the attempt: then nobody else can have ended its worker. */
const ranAlone = ({ history }: JobRecord): boolean =>
  history.findLast(({ event }) => event === 'claimed')?.beside === undefined;

/**
 * What takes over from an attempt that was lost. An attempt that ran beside others may be the victim
 * of any of them and is not counted; an attempt that ran alone is.
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

/** Why a claim was refused, told from the record that stood in its way. */
export const classifyRefusal = (
  record: JobRecord | undefined,
  request: Pick<ClaimRequest, 'leaseId' | 'now' | 'contentHash' | 'attemptsMax'>,
  skewMs: number,
): ClaimOutcome => {
  // A row without a status only says that others wait for the job.
  if (record?.status === undefined) return { kind: 'absent' };
  // The write landed and its answer was lost: the SDK's retry then finds our own lease.
  if (record.leaseId === request.leaseId) return { kind: 'claimed', record };
  // Cancelled before any message of it was seen: whatever comes under its id is meant.
  if (isTombstone(record)) return ofTerminal(record, request.now);
  if (isTerminal(record.status) && isExpired(record, request.now))
    return { kind: 'expired', record };
  if (record.contentHash !== request.contentHash) return { kind: 'taken', record };
  return isTerminal(record.status)
    ? ofTerminal(record, request.now)
    : ofOpen(record, request, skewMs);
};

export type FencedOutcome =
  | { readonly kind: 'applied'; readonly record?: JobRecord }
  /** The lease went to somebody else, or the job ended without us. */
  | { readonly kind: 'lost'; readonly record: JobRecord | undefined };
