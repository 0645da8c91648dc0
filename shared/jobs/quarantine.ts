/** Where input goes that cannot run: into the table, with its body and the reason. */
import { RAW_PREFIX } from '#shared/contracts/bucket.ts';
import { byteLength, sha256 } from '#shared/kernel/json.ts';
import { LIMITS } from '#shared/kernel/limits.ts';
import type { Disposition, JobDeps } from './disposition.ts';
import { type EnvelopeIssue, hintsOf } from './envelope.ts';
import type { Blobs, Delivery } from './ports.ts';
import type { JobError } from './record.ts';
import { quarantined } from './transitions.ts';

/** Bodies beyond the inline bound go to the bucket whole, so that they stay redrivable. */
export const keepBody = async (
  body: string,
  id: string,
  blobs: Blobs,
): Promise<{ envelope?: string; envelopeRef?: string }> => {
  if (byteLength(body) <= LIMITS.rawInlineBytesMax) return { envelope: body };
  const envelopeRef = `${RAW_PREFIX}${sha256(id)}/${sha256(body)}`;
  await blobs.put(envelopeRef, body);
  return { envelopeRef };
};

export const quarantine = async (
  delivery: Delivery,
  issue: EnvelopeIssue,
  deps: JobDeps,
): Promise<Disposition> => {
  const now = deps.clock.now();
  const error: JobError = { code: issue.code, message: issue.message, attempt: 0, at: now };
  const { messageId, priority, group, sentAt: createdAt } = delivery;
  const { id: wished = messageId, ...labels } = hintsOf(delivery.body);
  const under = async (id: string): Promise<boolean> => {
    const kept = await keepBody(delivery.body, id, deps.blobs);
    const base = { ...labels, id, messageId, priority, group, createdAt };
    return deps.store.quarantine(quarantined(base, now, error, kept));
  };
  // Its sender looks under the id it asked for; if that id is another job's, under the message's.
  const id = (await under(wished)) ? wished : messageId;
  if (id !== wished) await under(messageId);
  return { action: 'delete', as: 'quarantined', id, kind: labels.kind ?? '', code: issue.code };
};
