/** Keeps input that cannot run: in the table, with its body and the reason. */

import { hintsOf } from '../envelope/envelope.ts';
import type { EnvelopeIssue } from '../envelope/issue.ts';
import type { Delivery } from '../ports/jobs.ts';
import { quarantined } from '../record/newRecord.ts';
import type { JobError } from '../record/record.ts';
import type { Disposition, JobDeps } from './disposition.ts';
import { keepBody } from './waits/park.ts';

/**
 * Quarantines a message under the id that its sender asked for. When another job has this id, the
 * message is kept under its message id. The disposition deletes the message.
 */
export const quarantine = async (
  delivery: Pick<Delivery, 'messageId' | 'priority' | 'group' | 'sentAt' | 'body' | 'released'>,
  issue: EnvelopeIssue,
  deps: Pick<JobDeps, 'blobs' | 'clock'> & { readonly store: Pick<JobDeps['store'], 'create'> },
): Promise<Disposition> => {
  const now = deps.clock.now();
  const error: JobError = { code: issue.code, message: issue.message, attempt: 0, at: now };
  const { messageId, priority, group, sentAt: createdAt } = delivery;
  const { id, ...labels } = hintsOf(delivery.body);
  const wished = delivery.released ?? id ?? messageId;
  const under = async (name: string): Promise<boolean> => {
    const kept = await keepBody(delivery.body, name, deps.blobs);
    const base = { ...labels, id: name, messageId, priority, group, createdAt };
    const { kind } = await deps.store.create(quarantined(base, now, error, kept));
    return kind === 'created';
  };
  // The sender looks under the id in the body first, then under the message id.
  const found = (await under(wished)) ? wished : messageId;
  if (found !== wished) await under(messageId);
  return {
    action: 'delete',
    as: 'quarantined',
    id: found,
    kind: labels.kind ?? '',
    code: issue.code,
  };
};
