/**
 * Dead letters of jobs: messages that SQS gave up on. No wait of the mesh ends there, but a queue
 * that was changed by hand, or workers that die again and again, may bring some there. Each is shown
 * with its job, and brought back by the table, which sends a fresh message in its place.
 */

import { hintsOf, jobIdOf, parseEnvelope, type ValidJob } from '../envelope/envelope.ts';

import type { Kinds } from '../kinds/defineJob.ts';
import type { Delivery, JobStore, Outgoing, OutgoingMessage } from '../ports/jobs.ts';
import { isTerminal, type JobRecord } from '../record/record.ts';
import { factsOf } from '../record/recordFacts.ts';
import { dueKey } from '../record/transitions.ts';
import type { JobDeps } from '../worker/disposition.ts';
import { keepBody } from '../worker/park.ts';
import { quarantine } from '../worker/quarantine.ts';
import { keep, obstacleTo } from '../worker/standBy.ts';

export interface DeadLetters {
  /** Up to so many of each queue; nobody else sees them for half a minute. */
  take(limit: number): Promise<readonly Delivery[]>;
  giveBack(letters: readonly Delivery[]): Promise<void>;
  /** Only what was taken, and not given back. */
  remove(letter: Delivery): Promise<void>;
}

/** A dead letter with its job. */
export interface DeadLetter {
  readonly id: string;
  readonly letter: Delivery;
  /** undefined: no worker has claimed it. */
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

/** What can be seen of them, without a change. */
export const lookAtDeadLetters = async (
  limit: number,
  deps: Pick<DeadLetterDeps, 'store' | 'deadLetters'>,
): Promise<readonly DeadLetter[]> => {
  const letters = await deps.deadLetters.take(limit);
  await deps.deadLetters.giveBack(letters);
  return Promise.all(letters.map((letter) => withJob(letter, deps)));
};

export type BroughtBack =
  | { readonly kind: 'back'; readonly id: string }
  | { readonly kind: 'not'; readonly id: string; readonly code: string; readonly message: string };

/** As its producer sent it: its dependencies and its time are still before it. */
const resend = async (letter: Delivery, deps: DeadLetterDeps): Promise<string | undefined> => {
  const message: OutgoingMessage = {
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

/** Into the table, which sends it again; undefined when it is on its way. */
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

/** Why nothing is to be brought back; undefined when something is. */
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
  /** Those of a group one after another. */
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
 * One after another, in the order of their groups; those that are not `wanted` go back where they
 * were. The row first, then the letter: what is cut short in between is found again.
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
