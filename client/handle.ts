/** A job that was sent: enough to tell it from whatever else bears its id. */
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

/** What was sent. */
interface Sent {
  readonly messageId: string;
  /** Absent of a body that nobody checked. */
  readonly contentHash?: string;
  readonly source?: string | undefined;
  readonly idempotencyKey?: string | undefined;
  readonly options?: Options | undefined;
}

/**
 * A job that was sent; it remembers the type of its result. It is plain JSON. One that is made by
 * hand, without `sent`, stands for whatever job bears the id.
 */
export interface JobHandle<R = unknown> {
  readonly id: string;
  readonly kind: string;
  readonly sent?: Sent;
  readonly returns?: R;
}

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

/** Of a row that is certainly this job's: its first message is, or it has the same content. */
const isOwn = (sent: Sent, record: JobRecord, now: number): boolean => {
  if (sent.messageId === record.messageId || isTombstone(record)) return true;
  return sent.contentHash === record.contentHash && !isExpired(record, now);
};

/**
 * The record of the very job that was sent; undefined while no worker has seen it.
 * @throws MeshError ID_TAKEN or IDEMPOTENCY_MISMATCH when its id belongs to a job with other
 * content, naming both
 */
export const recordOf = async (
  { id, sent }: Pick<JobHandle, 'id' | 'sent'>,
  store: Pick<JobStore, 'get'>,
  now: number,
): Promise<JobRecord | undefined> => {
  const record = await store.get(id);
  if (!sent || !record || isOwn(sent, record, now)) return record;
  // A message that was refused is kept under its own id.
  const refused = await store.get(sent.messageId);
  if (refused) {
    const refusal = refusalOf(refused);
    if (refusal) throw refusal;
    return refused;
  }
  // What never ran, or ran too long ago, gives its id away as soon as a worker sees this message.
  if (record.status === 'QUARANTINED' || isExpired(record, now)) return undefined;
  if (sent.contentHash === undefined) return undefined;
  const { code, message } = takenIssue({ id, ...sent }, record);
  throw new MeshError(code, message);
};

/** Names of the options that did not count, since the same job was sent with others as well. */
export const droppedOf = (
  { sent }: Pick<JobHandle, 'sent'>,
  record: JobRecord,
): readonly string[] =>
  sent?.contentHash === record.contentHash ? differing(sent.options, record.options) : [];

export const droppedText = (id: string, dropped: readonly string[]): string =>
  `job ${id} was sent with other options as well: of this one ${dropped.join(', ')} did not count`;
