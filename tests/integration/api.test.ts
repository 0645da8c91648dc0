/** The HTTP interface on a real queue, table and bucket. */
import { readFileSync } from 'node:fs';
import { Validator } from '@cfworker/json-schema';
import * as v from 'valibot';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { type ApiDeps, answerApi } from '#shared/jobs/api/answer.ts';
import { defineJob, kindsOf } from '#shared/jobs/kinds/defineJob.ts';
import { PermanentError } from '#shared/jobs/kinds/errors.ts';
import type { UrlAnswer } from '#shared/jobs/ports/urlAnswer.ts';
import { createOutgoing } from '#shared/jobs/sqs/sender.ts';
import { startWorker, type TestWorker } from '../support/worker.ts';

const kinds = kindsOf([
  defineJob({
    kind: 'double',
    payload: v.object({ n: v.number() }),
    run: ({ n }) =>
      n < 0
        ? Promise.reject(new PermanentError('below zero', { code: 'NEGATIVE' }))
        : Promise.resolve({ twice: 2 * n }),
  }),
  defineJob({ kind: 'long', payload: v.string(), run: (text) => Promise.resolve(text) }),
]);

let worker: TestWorker;
let deps: ApiDeps;
beforeAll(async () => {
  worker = await startWorker(inject('dynamoEndpoint'), kinds);
  const { queueUrl, sqs, store, blobs, clock } = worker;
  const queueUrls = { critical: queueUrl, high: queueUrl, normal: queueUrl, low: queueUrl };
  const { visibility, ids, logger } = worker.deps;
  const outgoing = createOutgoing({ sqs, queueUrls });
  deps = { store, blobs, clock, visibility, ids, logger, outgoing };
});
afterAll(() => worker.stop());

interface Described {
  readonly content: Readonly<Record<string, { readonly schema: object }>>;
}
const DOCUMENT = JSON.parse(readFileSync('docs/schema/openapi.json', 'utf8')) as {
  readonly paths: Readonly<
    Record<string, Record<string, { readonly responses: Record<string, Described> }>>
  >;
};

/** Every answer to a request that docs/schema/openapi.json has is one that it describes. */
const expectDescribed = (method: string, path: string, answer: UrlAnswer, body: unknown): void => {
  const place = path.replace(/^\/jobs\/[^/]+/, '/jobs/{id}');
  const described = DOCUMENT.paths[place]?.[method.toLowerCase()]?.responses[answer.status];
  if (answer.status === 405 || !DOCUMENT.paths[place]) return;
  const { schema } = described?.content[answer.headers['content-type'] ?? ''] ?? {};
  expect([place, answer.status, schema]).toEqual([place, answer.status, expect.anything()]);
  const whole = { ...DOCUMENT, ...schema };
  expect(new Validator(whole, '2020-12').validate(body).errors).toEqual([]);
};

const by = 'arn:aws:iam::123456789012:user/ada';
const ask = async (method: string, path: string, body?: unknown) => {
  const text = typeof body === 'string' ? body : body === undefined ? '' : JSON.stringify(body);
  const answer = await answerApi({ method, path, body: text, by }, deps);
  const told = JSON.parse(answer.body) as Record<string, unknown>;
  expectDescribed(method, path, answer, told);
  return { ...answer, body: told };
};
const post = (body: unknown) => ask('POST', '/jobs', body);

describe('POST /jobs', () => {
  it('sends a job, and GET shows it to its end', async () => {
    const { status, headers, body } = await post({ kind: 'double', payload: { n: 4 } });
    expect([status, headers['location']]).toEqual([202, `/jobs/${body['id']}`]);
    expect((await ask('GET', `/jobs/${body['id']}`)).status).toBe(404);
    await worker.drain();
    expect(await ask('GET', `/jobs/${body['id']}`)).toMatchObject({
      status: 200,
      body: { id: body['id'], kind: 'double', status: 'COMPLETED', result: { twice: 8 } },
    });
  });

  it('keeps the sender’s names, whatever is in them, and sends the same job once', async () => {
    const order = { kind: 'double', payload: { n: 1 }, id: 'a/b %ü' };
    expect((await post(order)).body).toEqual({ id: 'a/b %ü' });
    expect((await post(order)).status).toBe(202);
    expect(await worker.drain()).toHaveLength(1);
    const path = `/jobs/${encodeURIComponent('a/b %ü')}`;
    expect((await ask('GET', path)).body).toMatchObject({ status: 'COMPLETED' });
    const keyed = { kind: 'double', payload: { n: 1 }, idempotencyKey: 'k' };
    const [first, again] = [await post(keyed), await post(keyed)];
    expect(first.body['id']).toMatch(/^key-/);
    expect(again.body).toEqual(first.body);
    await worker.drain();
  });

  it('takes a payload that is too large for a message', async () => {
    const text = 'x'.repeat(400_000);
    const { body } = await post({ kind: 'long', payload: text });
    await worker.drain();
    expect((await ask('GET', `/jobs/${body['id']}`)).body['result']).toBe(text);
  });

  it.each([
    ['6 MB', 'x'.repeat(6_100_000)],
    ['6 MB, once it is escaped,', '"'.repeat(3_100_000)],
  ])('shows of a result above %s where it is', async (_size, text) => {
    const { body } = await post({ kind: 'long', payload: text });
    await worker.drain();
    const shown = (await ask('GET', `/jobs/${body['id']}`)).body;
    expect(shown).toMatchObject({ status: 'COMPLETED', resultKey: expect.any(String) });
    expect(shown).not.toHaveProperty('result');
    expect(await worker.blobs.get(String(shown['resultKey']))).toBe(JSON.stringify(text));
  });

  it('lets the mesh judge kinds and payloads, and shows the verdict', async () => {
    const unknown = await post({ kind: 'nobody.knows', payload: 1 });
    const failed = await post({ kind: 'double', payload: { n: -1 } });
    await worker.drain();
    expect((await ask('GET', `/jobs/${unknown.body['id']}`)).body).toMatchObject({
      status: 'QUARANTINED',
      error: { code: 'UNKNOWN_KIND' },
    });
    expect((await ask('GET', `/jobs/${failed.body['id']}`)).body).toMatchObject({
      status: 'DEAD',
      error: { code: 'NEGATIVE', message: 'below zero' },
    });
  });

  it.each([
    ['no JSON', '{"kind":', 400, 'NOT_JSON'],
    ['nothing', '', 400, 'NOT_JSON'],
    ['no kind', { payload: 1 }, 422, 'ENVELOPE_INVALID'],
    ['a field too many', { kind: 'double', payload: { n: 1 }, colour: 1 }, 422, 'ENVELOPE_INVALID'],
    ['17 MB', { kind: 'long', payload: 'x'.repeat(17 << 20) }, 413, 'TOO_LARGE'],
  ])('refuses %s by name', async (_what, body, status, code) => {
    const answer = await post(body);
    expect(answer).toMatchObject({
      status,
      headers: { 'content-type': 'application/problem+json' },
      body: { status, code, detail: expect.any(String) },
    });
    expect(await worker.receive()).toEqual([]);
  });
});

describe('POST /jobs/ID/cancel', () => {
  it('cancels with a reason, which is kept with who asked', async () => {
    const { body } = await post({ kind: 'double', payload: { n: 1 }, delaySeconds: 3_600 });
    await worker.drain();
    const path = `/jobs/${body['id']}/cancel`;
    expect(await ask('POST', path, {})).toMatchObject({
      status: 422,
      body: { code: 'REASON_MISSING' },
    });
    const reason = 'not wanted any more';
    expect(await ask('POST', path, { reason })).toMatchObject({
      status: 202,
      body: { outcome: 'cancelled' },
    });
    expect(await worker.store.get(String(body['id']))).toMatchObject({
      status: 'CANCELLED',
      history: expect.arrayContaining([expect.objectContaining({ by, note: reason })]),
    });
    expect(await ask('POST', path, { reason })).toMatchObject({
      status: 409,
      body: { code: 'JOB_ENDED' },
    });
  });

  it('cancels a job that no worker has seen: the job does not run when it comes', async () => {
    const cancelled = { status: 202, body: { id: 'unseen', outcome: 'cancelled' } };
    expect(await ask('POST', '/jobs/unseen/cancel', { reason: 'too late' })).toEqual(
      expect.objectContaining(cancelled),
    );
    await post({ kind: 'double', id: 'unseen', payload: { n: 1 } });
    await worker.drain();
    const { status, body } = await ask('GET', '/jobs/unseen');
    expect([status, body['status'], body['result']]).toEqual([200, 'CANCELLED', undefined]);
  });
});

describe('other requests', () => {
  it('are answered by name', async () => {
    expect(await ask('GET', '/')).toMatchObject({ status: 404, body: { code: 'NOT_FOUND' } });
    expect(await ask('DELETE', '/jobs/x')).toMatchObject({
      status: 405,
      headers: { allow: 'GET' },
    });
    expect((await ask('GET', '/jobs/%E0%A4%A')).status).toBe(404);
  });

  it('may be sent again when the mesh could not do them', async () => {
    const lost = { send: () => Promise.reject(new Error('no queue today')) };
    const request = { method: 'POST', path: '/jobs', body: '{"kind":"double"}', by };
    const answer = await answerApi(request, { ...deps, outgoing: lost });
    expect(answer).toMatchObject({ status: 503, headers: { 'retry-after': '5' } });
    expect(answer.body).not.toContain('no queue today');
    expect(worker.warnings).toContain('request not answered');
  });
});
