/** An envelope as a message: which queue, which group, which deduplication id. */
import type { Priority } from '#shared/contracts/queues.ts';
import { sha256 } from '#shared/kernel/json.ts';
import { jobIdOf, type ValidJob } from './envelope.ts';

export interface OutgoingMessage {
  readonly priority: Priority;
  readonly group: string;
  readonly deduplicationId: string;
  readonly body: string;
}

/** SQS takes letters, digits and ASCII punctuation in a group; anything else is hashed. */
const safeGroup = (group: string): string =>
  /^[\x21-\x7e]{1,128}$/.test(group) ? group : sha256(group);

/**
 * The deduplication id holds the content's hash: SQS swallows a repeated send of the same job, but
 * lets another job under the same id through, so that the worker can refuse it visibly.
 * @param nonce stands in for an id the envelope does not give; unique to this send
 */
export const messageOf = (job: ValidJob, body: string, nonce: string): OutgoingMessage => {
  const { envelope } = job;
  const id = jobIdOf(envelope, nonce);
  return {
    priority: envelope.priority ?? 'normal',
    group: safeGroup(envelope.group ?? id),
    deduplicationId: sha256(`${id}\n${job.contentHash}`),
    body,
  };
};

/** For a body that was not checked, or failed the check: the worker will say what is wrong with it. */
export const uncheckedMessageOf = (body: string, nonce: string): OutgoingMessage => ({
  priority: 'normal',
  group: nonce,
  deduplicationId: sha256(body),
  body,
});
