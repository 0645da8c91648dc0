/**
 * `POST <endpoint>/run` (docs/host-protocol.md), through the guarded client. No answer is trusted.
 */
import * as v from 'valibot';
import { signedHeaders } from '#shared/jobs/callbacks/signature.ts';
import { parseHostileJson } from '#shared/jobs/envelope/safeJson.ts';
import { PermanentError, RetryableError } from '#shared/jobs/kinds/errors.ts';
import type { HttpAnswer, HttpClient } from '#shared/jobs/ports/jobs.ts';
import { byteLength, type Json } from '#shared/kernel/json.ts';
import { LIMITS } from '#shared/kernel/limits.ts';
import type { Clock } from '#shared/kernel/ports.ts';
import { retryAfterSeconds } from '#shared/kernel/retryAfter.ts';
import { clipped } from '#shared/kernel/text.ts';
import type { CallOutcome, HostCall, HostSecrets, RunRequest } from '../ports.ts';
import { problemSchema, resultSchema } from '../protocol.ts';

interface CallDeps {
  readonly http: HttpClient;
  readonly secrets: HostSecrets;
  readonly clock: Clock;
}

/** A byte order mark is ignored (RFC 8259, 8.1). */
const parsed = (body: string): ReturnType<typeof parseHostileJson> =>
  parseHostileJson(body.startsWith('\ufeff') ? body.slice(1) : body);

/**
 * A failed call.
 *
 * @param detail may contain what the host sent, of any length
 */
const failed = (detail: string): CallOutcome => ({
  kind: 'failed',
  detail: clipped(detail, LIMITS.errorMessageMax),
});

/** Only a result in the published schema completes a job, and is paid. */
const done = ({ body, truncated }: HttpAnswer): CallOutcome => {
  const code = 'HOST_RESULT_TOO_LARGE';
  const limit = LIMITS.hostBodyBytesMax;
  if (truncated) return { kind: 'refused', code, message: `its result is over ${limit} bytes` };
  const json = parsed(body);
  if (!json.ok) {
    const { path, message } = json.error;
    return failed(`answered 200, but ${path === '' ? '' : `${path} `}${message}`);
  }
  return v.is(resultSchema, json.value)
    ? { kind: 'done', result: json.value.result as Json }
    : failed('answered 200 with a body that is not {"result":…}');
};

/** The error in an answer, when it is in the published schema. */
const problemOf = ({ body }: HttpAnswer) => {
  const json = parsed(body);
  if (!json.ok || !v.is(problemSchema, json.value)) return undefined;
  const { code, message } = json.value.error;
  return { code, message: clipped(message, LIMITS.errorMessageMax) };
};

const failedWith = (answer: HttpAnswer): CallOutcome => {
  const problem = problemOf(answer);
  const why = problem ? `: ${problem.code}: ${problem.message}` : '';
  return failed(`answered ${answer.status}${why}`);
};

/** Frameworks also answer 422 to what they do not understand, which says nothing about the job. */
const refused = (answer: HttpAnswer): CallOutcome => {
  const problem = problemOf(answer);
  if (!problem) return failed('answered 422 with a body that is not {"error":{"code","message"}}');
  const { code, message } = problem;
  return { kind: 'refused', code, message: message || `answered ${answer.status}` };
};

const busy = ({ status, headers }: HttpAnswer, now: number): CallOutcome => {
  const asked = retryAfterSeconds(headers['retry-after'], now);
  const seconds = asked === undefined ? undefined : Math.min(asked, LIMITS.hostBusySecondsMax);
  return {
    kind: 'busy',
    detail: `answered ${status}: it takes nothing more for now`,
    ...(seconds !== undefined && { retryAfterSeconds: seconds }),
  };
};

const outcomeOf = (answer: HttpAnswer, now: number): CallOutcome => {
  const { status } = answer;
  if (status === 200) return done(answer);
  if (status === 422) return refused(answer);
  if (status === 429 || status === 503) return busy(answer, now);
  return failedWith(answer);
};

const NOT_SENT = new Set(['CONNECT_FAILED', 'DNS_FAILED']);

/** The outcome of a call without an answer. */
const outcomeOfError = (error: unknown): CallOutcome => {
  if (error instanceof PermanentError) return failed(error.message);
  if (!(error instanceof RetryableError)) throw error;
  const kind = NOT_SENT.has(error.code) ? 'unreachable' : 'unclear';
  return { kind, detail: error.message };
};

/** For a host each run of a job is a job of its own: the run's key is the id. */
const bodyOf = ({ idempotencyKey: jobId, kind, attempt, input }: RunRequest): string =>
  JSON.stringify({ jobId, kind, attempt, input });

/** Calls hosts; each call is signed with all current secrets. */
export const createHostCall =
  ({ http, secrets, clock }: CallDeps): HostCall =>
  async ({ endpoint }, request, signal) => {
    const body = bodyOf(request);
    const { idempotencyKey, attempt, deadline, traceHeader } = request;
    if (byteLength(body) > LIMITS.hostBodyBytesMax) {
      const message = `the task is over ${LIMITS.hostBodyBytesMax} bytes`;
      return { kind: 'refused', code: 'HOST_TASK_TOO_LARGE', message };
    }
    const headers = {
      'content-type': 'application/json',
      'idempotency-key': idempotencyKey,
      'sheratan-attempt': String(attempt),
      'sheratan-deadline': String(deadline),
      ...(traceHeader && { 'x-amzn-trace-id': traceHeader }),
      ...signedHeaders(await secrets.current(), idempotencyKey, body, clock.now()),
    };
    try {
      const answer = await http.request({
        url: `${endpoint}/run`,
        method: 'POST',
        headers,
        body,
        signal,
        limitBytes: LIMITS.hostBodyBytesMax,
        connectMs: LIMITS.hostConnectMs,
      });
      return outcomeOf(answer, clock.now());
    } catch (error) {
      signal.throwIfAborted();
      return outcomeOfError(error);
    }
  };
