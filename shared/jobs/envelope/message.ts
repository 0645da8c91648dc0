/** An envelope as a message: its queue, its group and its deduplication id. */

import { MESSAGE_BYTES_MAX, PRIORITIES } from '#shared/contracts/queues.ts';
import { assert } from '#shared/kernel/assert.ts';
import { asciiJson, sha256 } from '#shared/kernel/json.ts';
import { LIMITS } from '#shared/kernel/limits.ts';
import type { OutgoingMessage } from '../ports/jobs.ts';
import type { JobRecord } from '../record/record.ts';
import { optionsOf } from '../record/repeatedIds.ts';
import { contentHashOf, type Envelope, jobIdOf } from './envelope.ts';

/** A character of two bytes in UTF-8 has six in ASCII: `\u00e9`. */
const ASCII_GROWTH = 3;
const ATTRIBUTES_BYTES_MAX = 1_024;

assert(
  ASCII_GROWTH * LIMITS.envelopeBytesMax + ATTRIBUTES_BYTES_MAX <= MESSAGE_BYTES_MAX,
  'SQS takes the largest envelope back in ASCII, with its attributes',
);

/** SQS takes letters, digits and ASCII punctuation in a group; anything else is hashed. */
const safeGroup = (group: string): string =>
  /^[\x21-\x7e]{1,128}$/.test(group) ? group : sha256(group);

/** The SQS group of a job: the envelope's group, else the job's id; hashed where SQS needs that. */
export const groupOf = ({ group }: Pick<Envelope, 'group'>, id: string): string =>
  safeGroup(group ?? id);

/** An envelope as the body of a message, in ASCII. */
export const bodyOf = (envelope: Envelope): string => asciiJson(envelope);

/**
 * A deduplication id from the job's id, content and options. SQS drops a second send of the same
 * job, but takes a message that differs in anything, so that the worker can report the difference.
 */
export const deduplicationIdOf = (envelope: Envelope, id: string): string =>
  sha256(`${id}\n${contentHashOf(envelope)}\n${JSON.stringify(optionsOf(envelope) ?? {})}`);

/**
 * The message that sends a job.
 * @param nonce stands in for the id where the envelope gives none; unique to this send
 */
export const messageOf = (
  envelope: Envelope,
  body: string,
  nonce: string,
  traceHeader?: string,
): OutgoingMessage => {
  const id = jobIdOf(envelope, nonce);
  return {
    kind: envelope.kind,
    priority: envelope.priority ?? 'normal',
    group: groupOf(envelope, id),
    deduplicationId: deduplicationIdOf(envelope, id),
    body,
    traceHeader,
  };
};

/**
 * The message of a job that the table holds.
 * @param occasion tells this release from others of the job, so that SQS drops only a repeated
 * release
 */
export const releaseOf = (
  record: Pick<
    JobRecord,
    'id' | 'kind' | 'priority' | 'group' | 'generation' | 'traceHeader' | 'place'
  >,
  body: string,
  occasion: string,
): OutgoingMessage => ({
  kind: record.kind,
  priority: PRIORITIES.find((name) => name === record.priority) ?? 'normal',
  // A job that keeps its place must not queue up behind the jobs that wait for this job.
  ...(record.place
    ? { group: sha256(`${record.group}\n${record.id}`), placedIn: record.group }
    : { group: record.group }),
  deduplicationId: sha256(`${record.id}\n${record.generation ?? 0}\n${occasion}`),
  body,
  released: record.id,
  traceHeader: record.traceHeader,
});

/**
 * The message of a body that was not checked or failed the check; the worker reports what is wrong.
 */
export const uncheckedMessageOf = (body: string, nonce: string): OutgoingMessage => ({
  priority: 'normal',
  group: nonce,
  deduplicationId: sha256(body),
  body,
});
