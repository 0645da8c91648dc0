/** `POST <endpoint>/run` (docs/host-protocol.md) through the guarded client; answers are never trusted. */
import { signatureOf } from '#shared/jobs/callback.ts';
import { PermanentError, RetryableError } from '#shared/jobs/errors.ts';
import type { HttpAnswer, HttpClient } from '#shared/jobs/ports.ts';
import { byteLength, type Json } from '#shared/kernel/json.ts';
import { LIMITS } from '#shared/kernel/limits.ts';
import type { Clock } from '#shared/kernel/ports.ts';
import { retryAfterSeconds } from '#shared/kernel/retryAfter.ts';
import type { CallOutcome, HostCall, HostSecrets, RunRequest } from '../dispatchPorts.ts';

interface CallDeps {
  readonly http: HttpClient;
  readonly secrets: HostSecrets;
  readonly clock: Clock;
}

const parsed = (text: string): { readonly value: unknown } | undefined => {
  try {
    return { value: JSON.parse(text) };
  } catch {
    return undefined;
  }
};

const fieldOf = (value: unknown, field: string): unknown =>
  typeof value === 'object' && value !== null && field in value
    ? (value as Readonly<Record<string, unknown>>)[field]
    : undefined;

const text = (value: unknown, fallback: string): string =>
  typeof value === 'string' && value !== '' ? value.slice(0, LIMITS.errorMessageMax) : fallback;

const done = ({ body, truncated }: HttpAnswer): CallOutcome => {
  const code = 'HOST_RESULT_TOO_LARGE';
  const limit = LIMITS.hostBodyBytesMax;
  if (truncated) return { kind: 'refused', code, message: `its result is over ${limit} bytes` };
  const answer = parsed(body);
  if (!answer || typeof answer.value !== 'object' || answer.value === null)
    return { kind: 'failed', detail: 'answered 200 with a body that is no JSON object' };
  return { kind: 'done', result: fieldOf(answer.value, 'result') as Json | undefined };
};

const refused = ({ body, status }: HttpAnswer): CallOutcome => {
  const error = fieldOf(parsed(body)?.value, 'error');
  const message = text(fieldOf(error, 'message'), `answered ${status}`);
  return { kind: 'refused', code: text(fieldOf(error, 'code'), 'HOST_REFUSED'), message };
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
  return { kind: 'failed', detail: `answered ${status}` };
};

const NOT_SENT = new Set(['CONNECT_FAILED', 'DNS_FAILED']);

/** Of a call that was not answered. */
const outcomeOfError = (error: unknown): CallOutcome => {
  if (error instanceof PermanentError) return { kind: 'failed', detail: error.message };
  if (!(error instanceof RetryableError)) throw error;
  const kind = NOT_SENT.has(error.code) ? 'unreachable' : 'unclear';
  return { kind, detail: error.message };
};

/** To a host a run of a job is a job: its id is the key. */
const bodyOf = ({ idempotencyKey: jobId, kind, attempt, input }: RunRequest): string =>
  JSON.stringify({ jobId, kind, attempt, input });

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
      'sheratan-signature': signatureOf(await secrets.current(), idempotencyKey, body, clock.now()),
    };
    try {
      const answer = await http.request({
        ...{ url: `${endpoint}/run`, method: 'POST', headers, body, signal },
        limitBytes: LIMITS.hostBodyBytesMax,
        connectMs: LIMITS.hostConnectMs,
      });
      return outcomeOf(answer, clock.now());
    } catch (error) {
      signal.throwIfAborted();
      return outcomeOfError(error);
    }
  };
