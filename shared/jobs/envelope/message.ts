/** An envelope as a message: which queue, which group, which deduplication id. */

import { MESSAGE_BYTES_MAX, PRIORITIES } from '#shared/contracts/queues.ts';
import { assert } from '#shared/kernel/assert.ts';
import { asciiJson, sha256 } from '#shared/kernel/json.ts';
import { LIMITS } from '#shared/kernel/limits.ts';
import type { OutgoingMessage } from '../ports/jobs.ts';
import type { JobRecord } from '../record/record.ts';
import { optionsOf } from '../record/repeatedIds.ts';
import { contentHashOf, type Envelope, jobIdOf } from './envelope.ts';

/** ASCII spells a character of two bytes with six. */
const ASCII_GROWTH = 3;
const ATTRIBUTES_BYTES_MAX = 1_024;

assert(
  ASCII_GROWTH * LIMITS.envelopeBytesMax + ATTRIBUTES_BYTES_MAX <= MESSAGE_BYTES_MAX,
  'SQS takes the largest envelope back in ASCII, with its attributes',
);

/** SQS takes letters, digits and ASCII punctuation in a group; anything else is hashed. */
const safeGroup = (group: string): string =>
  /^[\x21-\x7e]{1,128}$/.test(group) ? group : sha256(group);

/** @param id of the job */
export const groupOf = ({ group }: Pick<Envelope, 'group'>, id: string): string =>
  safeGroup(group ?? id);

/** An envelope as the body of a message. */
export const bodyOf = (envelope: Envelope): string => asciiJson(envelope);

/**
 * Holds the hashes of content and options: SQS swallows a repeated send of the same job, but lets
 * through what differs in anything, so that the worker can say so.
 */
export const deduplicationIdOf = (envelope: Envelope, id: string): string =>
  sha256(`${id}\n${contentHashOf(envelope)}\n${JSON.stringify(optionsOf(envelope) ?? {})}`);

/** @param nonce stands in for an id the envelope does not give; unique to this send */
export const messageOf = (
  envelope: Envelope,
  body: string,
  nonce: string,
  traceHeader?: string,
): OutgoingMessage => {
  const id = jobIdOf(envelope, nonce);
  return {
    priority: envelope.priority ?? 'normal',
    group: groupOf(envelope, id),
    deduplicationId: deduplicationIdOf(envelope, id),
    body,
    traceHeader,
  };
};

/**
 * The message of a job that the table holds. `occasion` tells one release from another, so that
 * SQS swallows a repeated one and nothing else.
 */
export const releaseOf = (
  record: Pick<JobRecord, 'id' | 'priority' | 'group' | 'generation' | 'traceHeader' | 'place'>,
  body: string,
  occasion: string,
): OutgoingMessage => ({
  priority: PRIORITIES.find((name) => name === record.priority) ?? 'normal',
  // A job that keeps its place must not queue up behind those that wait for it.
  ...(record.place
    ? { group: sha256(`${record.group}\n${record.id}`), placedIn: record.group }
    : { group: record.group }),
  deduplicationId: sha256(`${record.id}\n${record.generation ?? 0}\n${occasion}`),
  body,
  released: record.id,
  traceHeader: record.traceHeader,
});

/** For a body that was not checked, or failed the check: the worker will say what is wrong with it. */
export const uncheckedMessageOf = (body: string, nonce: string): OutgoingMessage => ({
  priority: 'normal',
  group: nonce,
  deduplicationId: sha256(body),
  body,
});
