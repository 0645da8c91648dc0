import { describe, expect, it } from 'vitest';
import { createHostCall } from '#shared/dispatch/http/hostCall.ts';
import type { HttpAnswer } from '#shared/jobs/ports/jobs.ts';
import { hostWith } from '../support/probes.ts';

/** What the mesh makes of a host's answer to `POST /run`. */
const outcomeOf = (answer: Partial<HttpAnswer>) =>
  createHostCall({
    http: {
      request: async () => ({ status: 200, headers: {}, body: '', truncated: false, ...answer }),
    },
    secrets: { current: async () => ['secret'] },
    clock: { now: () => 0 },
  })(
    hostWith(),
    { jobId: 'j1', idempotencyKey: 'j1', kind: 'pdf', input: {}, attempt: 1, deadline: 1_000 },
    AbortSignal.timeout(60_000),
  );

const deep = `{"result":${'['.repeat(100_000)}${']'.repeat(100_000)}}`;

describe('an answer 200', () => {
  it.each([
    ['{"result":{"pages":3}}', { pages: 3 }],
    ['{"result":null}', null],
    ['{"result":false,"more":1}', false],
    ['\ufeff {"result":[]}\n', []],
  ])('%s completes the job', async (body, result) => {
    expect(await outcomeOf({ body })).toEqual({ kind: 'done', result });
  });

  it.each([
    ['{}', /not \{"result":…\}/],
    ['[1]', /not \{"result":…\}/],
    ['[]', /not \{"result":…\}/],
    ['"result"', /not \{"result":…\}/],
    ['null', /not \{"result":…\}/],
    ['{"Result":1}', /not \{"result":…\}/],
    ['{"__proto__":{"result":1}}', /"__proto__" is not allowed/],
    ['', /not JSON/],
    ['OK', /not JSON/],
    ['{"result":"a\\u0000b"}', /result: contains a NUL byte/],
    [deep, /nested deeper than/],
  ])('%.40s does not: the host did not say what came of it', async (body, detail) => {
    expect(await outcomeOf({ body })).toEqual({
      kind: 'failed',
      detail: expect.stringMatching(detail),
    });
  });
});

describe('an answer 422', () => {
  it('ends the job when it says why, as the protocol has it', async () => {
    const body = JSON.stringify({ error: { code: 'NO_SUCH_PAGE', message: 'page 9 of 3' } });
    expect(await outcomeOf({ status: 422, body })).toEqual({
      kind: 'refused',
      code: 'NO_SUCH_PAGE',
      message: 'page 9 of 3',
    });
  });

  it.each([
    '',
    '{}',
    '{"detail":[{"loc":["body","kind"],"msg":"field required"}]}',
    '{"error":"no"}',
    '{"error":{"code":7,"message":"no"}}',
    '{"error":{"code":"","message":"no"}}',
  ])('with %s ends no job: a framework may have said it, before the host saw it', async (body) => {
    expect(await outcomeOf({ status: 422, body })).toMatchObject({ kind: 'failed' });
  });
});

it('is passed on with the words that the host gave to it', async () => {
  const body = JSON.stringify({ error: { code: 'SIGNATURE_INVALID', message: 'another secret' } });
  expect(await outcomeOf({ status: 401, body })).toEqual({
    kind: 'failed',
    detail: 'answered 401: SIGNATURE_INVALID: another secret',
  });
  expect(await outcomeOf({ status: 404, body: '<html>' })).toEqual({
    kind: 'failed',
    detail: 'answered 404',
  });
});
