/**
 * Other messages under a job's id. A message with other content is refused. The same content with
 * other options is the same job, and the new options do not count. Both are noted on the job's row.
 */

import { canonicalJson, type Json, sha256 } from '#shared/kernel/json.ts';
import type { EnvelopeIssue } from '../envelope/issue.ts';
import type { Envelope } from '../envelope/schema.ts';
import type { JobStore } from '../ports/jobs.ts';
import type { JobFacts } from './claimOutcome.ts';
import type { JobRecord, Options } from './record.ts';

const OPTIONS = [
  'source',
  'group',
  'priority',
  'missionId',
  'taskId',
  'callback',
  'runAt',
  'delaySeconds',
  'deadline',
  'deadlineSeconds',
  'dependsOn',
  'onDependencyFailure',
  'onDead',
  'retry',
  'timeoutSeconds',
] as const satisfies readonly (keyof Envelope)[];

/** Long enough to tell two values of an option apart, short enough for every row. */
const FINGERPRINT_LENGTH = 6;
const fingerprint = (value: unknown): string =>
  sha256(canonicalJson(value as Json)).slice(0, FINGERPRINT_LENGTH);

/**
 * Fingerprints of the envelope's options; undefined without options, so that a plain row is short.
 */
export const optionsOf = (envelope: Envelope): Options | undefined => {
  const given = OPTIONS.filter((name) => envelope[name] !== undefined);
  if (given.length === 0) return undefined;
  return Object.fromEntries(given.map((name) => [name, fingerprint(envelope[name])]));
};

/** Names of the options in which two messages of one job differ. */
export const differing = (one: Options = {}, other: Options = {}): readonly string[] =>
  OPTIONS.filter((name) => one[name] !== other[name]);

/** A message that asks for an id. */
export interface Claimant {
  readonly id: string;
  readonly messageId: string;
  readonly source?: string | undefined;
  readonly idempotencyKey?: string | undefined;
}

interface TakenIssue extends EnvelopeIssue {
  readonly code: 'ID_TAKEN' | 'IDEMPOTENCY_MISMATCH';
}

/** The issue of a message whose id belongs to a job with other content; names both messages. */
export const takenIssue = (
  { id, messageId, source = 'default', idempotencyKey }: Claimant,
  holder: Pick<JobRecord, 'messageId'>,
): TakenIssue => {
  const both = `with other content (message ${holder.messageId}); this one is message ${messageId}`;
  if (idempotencyKey === undefined)
    return { code: 'ID_TAKEN', path: 'id', message: `id: "${id}" belongs to a job ${both}` };
  const message = `idempotencyKey: "${idempotencyKey}" of source "${source}" was used for job ${id} ${both}`;
  return { code: 'IDEMPOTENCY_MISMATCH', path: 'idempotencyKey', message };
};

/** Notes on a job's row that the same job was sent again with other options; else does nothing. */
export const noteDropped = async (
  record: JobRecord,
  { messageId, createdAt, options }: JobFacts,
  { store }: { readonly store: Pick<JobStore, 'note'> },
): Promise<void> => {
  if (record.messageId === messageId) return;
  const dropped = differing(options, record.options);
  if (dropped.length === 0) return;
  await store.note(record.id, { at: createdAt, messageId, code: 'REPEATED', options: dropped });
};
