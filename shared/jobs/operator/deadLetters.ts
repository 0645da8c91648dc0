/**
 * Dead letters of jobs: messages that SQS gave up on. No wait of the mesh ends so, but a queue that
 * was changed by hand, or workers that die again and again, can make dead letters. Each letter is
 * shown with its job. To bring a job back, the table takes it over and sends a new message.
 */

import { hintsOf, jobIdOf, parseEnvelope, type ValidJob } from '../envelope/envelope.ts';

import type { Kinds } from '../kinds/defineJob.ts';
import type { Delivery, JobStore, Outgoing, OutgoingMessage } from '../ports/jobs.ts';
import { isTerminal, type JobRecord } from '../record/record.ts';
import { factsOf } from '../record/recordFacts.ts';
import { dueKey } from '../record/transitions.ts';
import type { JobDeps } from '../worker/disposition.ts';
import { quarantine } from '../worker/quarantine.ts';
import { keepBody } from '../worker/waits/park.ts';
import { keep, obstacleTo } from '../worker/waits/standBy.ts';

/** The dead-letter queues. */
export interface DeadLetters {
  /** Receives up to `limit` letters of each queue; nobody else sees them for half a minute. */
  take(limit: number): Promise<readonly Delivery[]>;
  /** Makes letters visible again at once. */
  giveBack(letters: readonly Delivery[]): Promise<void>;
  /** Deletes a letter that was taken and not given back. */
  remove(letter: Delivery): Promise<void>;
}

/** A dead letter with its job. */
export interface DeadLetter {
  readonly id: string;
  readonly letter: Delivery;
  /** undefined: the job has no row. */
  readonly record: JobRecord | undefined;
}

export interface DeadLetterDeps extends Pick<JobDeps, 'blobs' | 'clock'> {
  readonly kinds: Kinds;
  readonly store: Pick<JobStore, 'get' | 'change' | 'create'>;
  readonly outgoing: Outgoing;
  readonly deadLetters: DeadLetters;
}

const ENDED = 'ENDED';

const idIn = ({ body, messageId, released }: Delivery): string =>
  released ?? jobIdOf(hintsOf(body), messageId);

const withJob = async (
  letter: Delivery,
  { store }: Pick<DeadLetterDeps, 'store'>,
): Promise<DeadLetter> => {
  const id = idIn(letter);
  return { id, letter, record: await store.get(id) };
};

/** Shows up to `limit` letters of each queue, and changes nothing. */
export const lookAtDeadLetters = async (
  limit: number,
  deps: Pick<DeadLetterDeps, 'store' | 'deadLetters'>,
): Promise<readonly DeadLetter[]> => {
  const letters = await deps.deadLetters.take(limit);
  await deps.deadLetters.giveBack(letters);
  return Promise.all(letters.map((letter) => withJob(letter, deps)));
};

/** Whether a dead letter's job came back, and why not. */
export type BroughtBack =
  | { readonly kind: 'back'; readonly id: string }
  | { readonly kind: 'not'; readonly id: string; readonly code: string; readonly message: string };

/** Sends a job as its producer did, because its dependencies and its time must still be checked. */
const resend = async (letter: Delivery, deps: DeadLetterDeps): Promise<string | undefined> => {
  const { kind } = hintsOf(letter.body);
  const message: OutgoingMessage = {
    ...(kind !== undefined && { kind }),
    priority: letter.priority as OutgoingMessage['priority'],
    group: letter.group,
    deduplicationId: letter.messageId,
    body: letter.body,
    traceHeader: letter.traceHeader,
  };
  const [not] = await deps.outgoing.send([message]);
  return not?.reason;
};

type Not = Omit<Extract<BroughtBack, { kind: 'not' }>, 'kind' | 'id'>;

/** Puts the job into the table, from which it is sent again; undefined when that worked. */
const putBack = async (
  { id, letter, record }: DeadLetter,
  job: ValidJob,
  now: number,
  deps: DeadLetterDeps,
): Promise<Not | undefined> => {
  const { dependencies, envelope } = job;
  const starts = envelope.runAt ?? envelope.delaySeconds;
  if (!record && (dependencies.length > 0 || starts !== undefined)) {
    const message = await resend(letter, deps);
    return message === undefined ? undefined : { code: 'QUEUE_REFUSED', message };
  }
  const dueAt = Math.max(now, record?.status === 'WAITING' ? 0 : (record?.dueAt ?? 0));
  const held = { dueAt, due: dueKey(id), ...(await keepBody(letter.body, id, deps.blobs)) };
  const isKept = await keep(factsOf(job, id, letter), record, held, 'it was a dead letter', deps);
  return isKept
    ? undefined
    : { code: 'CHANGED', message: 'somebody else changed it at the same time' };
};

/** Why the job must not come back, or the checked job when it may. */
const settled = async (
  { id, letter, record }: DeadLetter,
  now: number,
  deps: DeadLetterDeps,
): Promise<Not | ValidJob> => {
  const parsed = parseEnvelope(letter.body, deps.kinds);
  if (!parsed.ok) {
    await quarantine(letter, parsed.error, deps);
    return {
      code: ENDED,
      message: `it cannot run, and is QUARANTINED now: ${parsed.error.message}`,
    };
  }
  if (record && isTerminal(record.status))
    return { code: ENDED, message: `it is ${record.status}; its dead letter is gone now` };
  return record && obstacleTo(record, factsOf(parsed.value, id, letter), now)
    ? { code: 'BUSY', message: `it is ${record.status} under another message; look again later` }
    : parsed.value;
};

const bringBack = async (
  found: DeadLetter,
  /** One ms later for each letter, so that the jobs of a group keep their order. */
  now: number,
  deps: DeadLetterDeps,
): Promise<BroughtBack> => {
  const { id, letter } = found;
  const job = await settled(found, now, deps);
  const not = 'code' in job ? job : await putBack(found, job, now, deps);
  if (!not || not.code === ENDED) await deps.deadLetters.remove(letter);
  return not ? { kind: 'not', id, ...not } : { kind: 'back', id };
};

/**
 * Brings back the jobs of the `wanted` letters, in the order of their groups; all other letters go
 * back to their queue. The job's row is written before its letter is deleted, so that a stop
 * between the two loses nothing.
 */
export const redriveDeadLetters = async (
  limit: number,
  wanted: (letter: DeadLetter) => boolean,
  deps: DeadLetterDeps,
): Promise<readonly BroughtBack[]> => {
  const outcomes: BroughtBack[] = [];
  const others: Delivery[] = [];
  const now = deps.clock.now();
  for (const letter of await deps.deadLetters.take(limit)) {
    const found = await withJob(letter, deps);
    const outcome = wanted(found) ? await bringBack(found, now + outcomes.length, deps) : undefined;
    if (outcome) outcomes.push(outcome);
    const isLeft = !outcome || (outcome.kind === 'not' && outcome.code !== ENDED);
    if (isLeft) others.push(letter);
  }
  await deps.deadLetters.giveBack(others);
  return outcomes;
};
