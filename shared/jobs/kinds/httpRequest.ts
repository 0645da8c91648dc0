/** `http.request`: one outbound call. Its status decides: completed, tried again, or dead. */
import * as v from 'valibot';
import { retryAfterSeconds } from '#shared/kernel/retryAfter.ts';
import type { HttpAnswer } from '../ports/jobs.ts';
import { defineJob } from './defineJob.ts';
import { PermanentError, RetryableError } from './errors.ts';

const ANSWER_BYTES_MAX = 262_144;
const RETRYABLE = new Set([408, 425, 429]);

const payload = v.strictObject({
  url: v.pipe(v.string(), v.url()),
  method: v.optional(v.picklist(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE']), 'GET'),
  headers: v.optional(v.record(v.string(), v.string()), {}),
  body: v.optional(v.string()),
  json: v.optional(v.unknown()),
  expectStatus: v.optional(
    v.array(v.pipe(v.number(), v.integer(), v.minValue(100), v.maxValue(599))),
  ),
});

const bodyOf = ({ body, json }: v.InferOutput<typeof payload>) => {
  if (json === undefined) return body === undefined ? {} : { body };
  return { body: JSON.stringify(json) };
};

const refuse = ({ status, headers }: HttpAnswer, url: string, now: number): never => {
  const message = `${url} answered ${status}`;
  const code = `HTTP_${status}`;
  if (status < 500 && !RETRYABLE.has(status)) throw new PermanentError(message, { code });
  const afterSeconds = retryAfterSeconds(headers['retry-after'], now);
  throw new RetryableError(message, { code, ...(afterSeconds !== undefined && { afterSeconds }) });
};

/**
 * Completes with status, headers and body on a 2xx or expected status. 408, 425, 429 and 5xx are
 * tried again, after Retry-After when the answer has one; any other status is final. Without
 * redirects.
 */
export const httpRequest = defineJob({
  kind: 'http.request',
  payload,
  timeoutSeconds: 60,
  run: async (input, { http, signal, jobId, clock }) => {
    const headers = {
      ...(input.json !== undefined && { 'content-type': 'application/json' }),
      // With the job's id the server can tell a second attempt from a second job.
      ...(input.method !== 'GET' && input.method !== 'HEAD' && { 'idempotency-key': jobId }),
      ...Object.fromEntries(
        Object.entries(input.headers).map(([k, value]) => [k.toLowerCase(), value]),
      ),
    };
    const { url, method } = input;
    const request = {
      url,
      method,
      headers,
      ...bodyOf(input),
      signal,
      limitBytes: ANSWER_BYTES_MAX,
    };
    const answer = await http.request(request);
    const expected =
      input.expectStatus?.includes(answer.status) ?? (answer.status >= 200 && answer.status < 300);
    return expected ? answer : refuse(answer, url, clock.now());
  },
});
