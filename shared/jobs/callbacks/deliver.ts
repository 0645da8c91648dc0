/** Posts the end of a job to its callback URL, and keeps the delivery log. */
import { doubled, halfJitter } from '#shared/kernel/backoff.ts';
import { byteLength } from '#shared/kernel/json.ts';
import { LIMITS } from '#shared/kernel/limits.ts';
import type { Clock, Logger, Random } from '#shared/kernel/ports.ts';
import { retryAfterSeconds } from '#shared/kernel/retryAfter.ts';
import { isA, toldOf } from '#shared/kernel/thrown.ts';
import { resultOf } from '../envelope/payload.ts';
import { PermanentError } from '../kinds/errors.ts';
import type {
  Blobs,
  DeliveryLog,
  HttpAnswer,
  HttpClient,
  JobStore,
  Secrets,
  Try,
} from '../ports/jobs.ts';
import { isTerminal, type JobRecord } from '../record/record.ts';
import { callbackBody, callbackId, signedHeaders } from './signature.ts';

/** The end of a job that asked for a callback; `generation` tells its ends apart. */
export interface Announcement {
  readonly id: string;
  readonly generation: number;
}

export interface ReporterDeps {
  readonly store: Pick<JobStore, 'get'>;
  readonly blobs: Blobs;
  readonly http: HttpClient;
  readonly log: DeliveryLog;
  readonly secrets: Pick<Secrets, 'callback'>;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
}

/** The outcome of one try. */
export type Reported =
  /** Delivered, or there is nothing to deliver any more. */
  | { readonly kind: 'done' }
  /** Not delivered, and not tried again unless a person replays it. */
  | { readonly kind: 'given_up' }
  /** To be tried again after `seconds`. */
  | { readonly kind: 'again'; readonly seconds: number };

interface Posted {
  readonly tried: Omit<Try, 'at'>;
  /** How long the receiver asks to wait before the next try; 0 when it does not ask. */
  readonly afterSeconds: number;
}

/** What the receiver's answer means for this try and for the time of the next one. */
const judge = ({ status, headers }: HttpAnswer, now: number) => {
  if (status >= 200 && status < 300)
    return { state: 'DELIVERED', why: '', afterSeconds: 0 } as const;
  if (status === 410)
    return { state: 'FAILED', why: ' (gone: it wants no more)', afterSeconds: 0 } as const;
  const why = status >= 300 && status < 400 ? ' (redirects are not followed)' : '';
  const afterSeconds = retryAfterSeconds(headers['retry-after'], now) ?? 0;
  return { state: 'PENDING', why, afterSeconds } as const;
};

const post = async (
  url: string,
  record: JobRecord,
  body: string,
  deps: ReporterDeps,
): Promise<Posted> => {
  const began = deps.clock.now();
  const outcome = (state: Try['state'], detail: string, afterSeconds = 0): Posted => ({
    tried: { state, detail, tookMs: deps.clock.now() - began },
    afterSeconds,
  });
  const secrets = await deps.secrets.callback();
  try {
    const answer = await deps.http.request({
      url,
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        'user-agent': 'sheratan-reporter',
        'sheratan-job': encodeURIComponent(record.id),
        ...signedHeaders(secrets, callbackId(record), body, began),
      },
      body,
      signal: AbortSignal.timeout(LIMITS.callbackTimeoutMs),
      limitBytes: LIMITS.callbackAnswerBytesMax,
      bodyMs: LIMITS.callbackAnswerMs,
    });
    const { state, why, afterSeconds } = judge(answer, deps.clock.now());
    return outcome(state, `HTTP ${answer.status}${why}`, afterSeconds);
  } catch (error) {
    const { message } = toldOf(error, false);
    // A forbidden address stays forbidden, so there is no other try.
    return outcome(isA(error, PermanentError) ? 'FAILED' : 'PENDING', message);
  }
};

/**
 * The wait before the next try, in whole seconds: 10 s, doubled with each try, at most an hour;
 * half of it is random.
 * @param tries how many tries came before
 */
export const callbackDelaySeconds = (tries: number, random: Random): number =>
  Math.ceil(
    halfJitter(doubled(LIMITS.callbackBaseSeconds, tries, LIMITS.callbackCapSeconds), random),
  );

const bodyOf = async (record: JobRecord, blobs: Blobs): Promise<string> => {
  const result = record.status === 'COMPLETED' ? await resultOf(record, blobs) : undefined;
  const body = callbackBody(record, result);
  return byteLength(body) <= LIMITS.callbackBodyBytesMax ? body : callbackBody(record, undefined);
};

/**
 * One try to deliver a job's end, with its entry in the delivery log. Rejects when the table, the
 * bucket or the secret cannot be read or written; a failed request is an outcome.
 * @param sentAt when the announcement was queued, ms since the epoch
 * @param receives how often the announcement was received, from 1
 */
export const reportEnd = async (
  { id, generation }: Announcement,
  sentAt: number,
  receives: number,
  deps: ReporterDeps,
): Promise<Reported> => {
  const record = await deps.store.get(id);
  const isOver = record === undefined || !isTerminal(record.status);
  // The job is gone or was put back since. In the second case its next end has its own
  // announcement.
  if (isOver || (record.generation ?? 0) !== generation || record.callback === undefined)
    return { kind: 'done' };
  const body = await bodyOf(record, deps.blobs);
  const { tried, afterSeconds } = await post(record.callback, record, body, deps);
  const now = deps.clock.now();
  const isSpent = now - sentAt > LIMITS.callbackWindowSeconds * 1_000;
  const state = tried.state === 'PENDING' && isSpent ? 'FAILED' : tried.state;
  const seconds = Math.max(
    callbackDelaySeconds(receives - 1, deps.random),
    Math.min(afterSeconds, LIMITS.queueWaitSecondsMax),
  );
  const nextAt = state === 'PENDING' ? now + seconds * 1_000 : undefined;
  await deps.log.add(record, { ...tried, state, at: now }, nextAt);
  if (state === 'PENDING') return { kind: 'again', seconds };
  return state === 'FAILED' ? { kind: 'given_up' } : { kind: 'done' };
};
