/** A job as the Jobs table keeps it, and the closed outcomes of every write to it. */

const TERMINAL = ['COMPLETED', 'DEAD', 'QUARANTINED'] as const;
export type Status = 'RUNNING' | 'RETRYING' | (typeof TERMINAL)[number];

export const isTerminal = (status: Status): boolean =>
  (TERMINAL as readonly Status[]).includes(status);

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
  readonly event: 'claimed' | 'retrying' | 'completed' | 'dead' | 'quarantined';
  readonly attempt?: number;
  /** The Lambda request that claimed, to find its log lines. */
  readonly by?: string;
  readonly code?: string;
  /** Of a retry: not before, ms since the epoch. */
  readonly dueAt?: number;
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
  readonly leaseId?: string;
  readonly leaseUntil?: number;
  readonly dueAt?: number;
  /** The result as JSON text, so that numbers keep their digits; or where it is kept. */
  readonly result?: string;
  readonly resultRef?: string;
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

/** The right to run one attempt; later writes of the attempt are fenced by it. */
export interface Lease {
  readonly id: string;
  readonly attempt: number;
  readonly leaseId: string;
}

export interface ClaimRequest {
  readonly id: string;
  readonly kind: string;
  readonly messageId: string;
  readonly priority: string;
  readonly group: string;
  readonly source: string;
  readonly contentHash: string;
  readonly missionId?: string | undefined;
  readonly taskId?: string | undefined;
  readonly createdAt: number;
  readonly now: number;
  readonly leaseId: string;
  readonly leaseUntil: number;
  readonly attemptsMax: number;
  readonly by: string;
}

export type ClaimOutcome =
  | { readonly kind: 'claimed'; readonly record: JobRecord }
  /** Another attempt holds a live lease. */
  | { readonly kind: 'running'; readonly leaseUntil: number }
  /** A retry that is not due yet. */
  | { readonly kind: 'early'; readonly dueAt: number }
  /** Nothing to do: the job has ended. */
  | { readonly kind: 'finished'; readonly record: JobRecord }
  /** The last allowed attempt died with its worker. */
  | { readonly kind: 'exhausted'; readonly record: JobRecord }
  /** The id belongs to a job with other content. */
  | { readonly kind: 'taken'; readonly record: JobRecord };

export type FencedOutcome =
  | { readonly kind: 'applied' }
  /** The lease went to somebody else, or the job ended without us. */
  | { readonly kind: 'lost'; readonly record: JobRecord | undefined };

/** What a transition writes beside the status. */
export interface Transition {
  readonly to: Exclude<Status, 'RUNNING' | 'QUARANTINED'>;
  readonly set: Partial<Omit<JobRecord, 'id' | 'status' | 'attempt' | 'leaseId'>>;
  readonly remove: readonly (keyof JobRecord)[];
}

/** Why a claim was refused, told from the record that stood in its way. */
export const classifyRefusal = (
  record: JobRecord,
  request: ClaimRequest,
  skewMs: number,
): ClaimOutcome => {
  // The write landed and its answer was lost: the SDK's retry then finds our own lease.
  if (record.leaseId === request.leaseId) return { kind: 'claimed', record };
  if (record.contentHash !== request.contentHash) return { kind: 'taken', record };
  if (isTerminal(record.status)) return { kind: 'finished', record };
  const heldUntil = record.status === 'RUNNING' ? (record.leaseUntil ?? 0) + skewMs : 0;
  if (heldUntil >= request.now) return { kind: 'running', leaseUntil: heldUntil };
  if (record.attempt >= request.attemptsMax) return { kind: 'exhausted', record };
  return { kind: 'early', dueAt: record.dueAt ?? request.now };
};
