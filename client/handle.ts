/** The handle of a job that was sent. It tells the job apart from others with the same id. */
import { contentHashOf, type Envelope, jobIdOf } from '#shared/jobs/envelope/envelope.ts';
import type { JobStore } from '#shared/jobs/ports/jobs.ts';
import {
  isExpired,
  isTombstone,
  type JobRecord,
  type Options,
} from '#shared/jobs/record/record.ts';
import { differing, optionsOf, takenIssue } from '#shared/jobs/record/repeatedIds.ts';
import { MeshError } from './errors.ts';

/** What was sent, to recognise the job by. */
interface Sent {
  readonly messageId: string;
  /** Absent for a body that was sent unchecked. */
  readonly contentHash?: string;
  readonly source?: string | undefined;
  readonly idempotencyKey?: string | undefined;
  readonly options?: Options | undefined;
}

/**
 * A job that was sent, with the type of its result. A handle is plain JSON, so it can be stored. A
 * handle without `sent`, made by hand, means any job with this id.
 */
export interface JobHandle<R = unknown> {
  /** The id of the job. */
  readonly id: string;
  /** The name of the job's kind. */
  readonly kind: string;
  /** What was sent, to tell the job from another job with its id. */
  readonly sent?: Sent;
  /** Never set: this field only carries the type of the result. */
  readonly returns?: R;
}

/** The handle of an envelope that the queue accepted under a message id. */
export const handleOf = (envelope: Envelope, messageId: string): JobHandle => {
  const { kind, source, idempotencyKey } = envelope;
  const options = optionsOf(envelope);
  const asked = {
    ...(source !== undefined && { source }),
    ...(idempotencyKey !== undefined && { idempotencyKey }),
    ...(options && { options }),
  };
  const sent = { messageId, contentHash: contentHashOf(envelope), ...asked };
  return { id: jobIdOf(envelope, messageId), kind, sent };
};

const TAKEN = ['ID_TAKEN', 'IDEMPOTENCY_MISMATCH'];

const refusalOf = ({ error }: JobRecord): MeshError | undefined =>
  error && TAKEN.includes(error.code) ? new MeshError(error.code, error.message) : undefined;

/** Whether a row is certainly this job's: it has the job's message, or the same content. */
const isOwn = (sent: Sent, record: JobRecord, now: number): boolean => {
  if (sent.messageId === record.messageId || isTombstone(record)) return true;
  return sent.contentHash === record.contentHash && !isExpired(record, now);
};

/**
 * The record of the job that was sent, not of another job with its id; undefined until a worker has
 * seen the job.
 *
 * @throws MeshError ID_TAKEN or IDEMPOTENCY_MISMATCH when the id belongs to a job with other
 *   content; the message names both
 */
export const recordOf = async (
  { id, sent }: Pick<JobHandle, 'id' | 'sent'>,
  store: Pick<JobStore, 'get'>,
  now: number,
): Promise<JobRecord | undefined> => {
  const record = await store.get(id);
  if (!sent || !record || isOwn(sent, record, now)) return record;
  // A refused message is kept under the message's own id.
  const refused = await store.get(sent.messageId);
  if (refused) {
    const refusal = refusalOf(refused);
    if (refusal) throw refusal;
    return refused;
  }
  // A job that never ran, or whose record has expired, loses its id when a worker sees this
  // message.
  if (record.status === 'QUARANTINED' || isExpired(record, now)) return undefined;
  if (sent.contentHash === undefined) return undefined;
  const { code, message } = takenIssue({ id, ...sent }, record);
  throw new MeshError(code, message);
};

/** Names of this job's options without effect: the same job was sent before with other options. */
export const droppedOf = (
  { sent }: Pick<JobHandle, 'sent'>,
  record: JobRecord,
): readonly string[] =>
  sent?.contentHash === record.contentHash ? differing(sent.options, record.options) : [];

/** The sentence that tells a person which options had no effect. */
export const droppedText = (id: string, dropped: readonly string[]): string =>
  `job ${id} was sent with other options as well: of this one ${dropped.join(', ')} did not count`;
