/** What hosts say is not trusted: any bytes end in an answer, and only right ones are believed. */
import fc from 'fast-check';
import * as v from 'valibot';
import { describe, expect, it } from 'vitest';
import { createHostCall } from '#shared/dispatch/http/hostCall.ts';
import type { CallOutcome } from '#shared/dispatch/ports.ts';
import { resultSchema } from '#shared/dispatch/protocol.ts';
import { judgeAnswer } from '#shared/hosts/probing/probeAnswer.ts';
import type { BodyRule } from '#shared/hosts/registry/host.ts';
import { hostWith } from '../support/probes.ts';

const BOUNDED = { numRuns: 2_000, interruptAfterTimeLimit: 5_000 };

const problem = v.object({ error: v.object({ code: v.string(), message: v.string() }) });

const status = fc.oneof(
  fc.constantFrom(101, 200, 204, 400, 401, 404, 422, 429, 500, 503),
  fc.integer({ min: 100, max: 999 }),
);
const near = fc.record(
  {
    result: fc.jsonValue(),
    error: fc.oneof(
      fc.jsonValue(),
      fc.record({ code: fc.oneof(fc.string(), fc.integer()), message: fc.string() }),
    ),
    status: fc.oneof(fc.constantFrom('ok', 'busy', 'draining'), fc.jsonValue()),
    active: fc.oneof(fc.double(), fc.jsonValue()),
    capacity: fc.oneof(fc.double(), fc.jsonValue()),
  },
  { requiredKeys: [] },
);
const bytes = fc.uint8Array({ maxLength: 200 }).map((all) => Buffer.from(all).toString('utf8'));
const body = fc.oneof(
  near.map((value) => JSON.stringify(value)),
  near.map((value) => `\ufeff${JSON.stringify(value)}`),
  fc.json(),
  fc.string({ unit: 'binary' }),
  bytes,
);
const retryAfter = fc.option(
  fc.oneof(fc.string({ unit: 'binary' }), fc.double().map(String), fc.date().map(String)),
  { nil: undefined },
);

const parsed = (text: string): unknown => {
  try {
    return JSON.parse(text.replace(/^\ufeff/, ''));
  } catch {
    return undefined;
  }
};

const said = fc.record({ status, body, retryAfter, truncated: fc.boolean() });
type Said = typeof said extends fc.Arbitrary<infer T> ? T : never;

const called = ({ retryAfter: after, ...answer }: Said): Promise<CallOutcome> =>
  createHostCall({
    http: { request: async () => ({ ...answer, headers: after ? { 'retry-after': after } : {} }) },
    secrets: { current: async () => ['secret'] },
    clock: { now: () => 0 },
  })(
    hostWith(),
    { jobId: 'j', idempotencyKey: 'j', kind: 'k', input: 1, attempt: 1, deadline: 1 },
    new AbortController().signal,
  );

/** What must be true of an answer for the mesh to believe it. */
const EARNED: Readonly<Record<CallOutcome['kind'], (answer: Said) => boolean>> = {
  done: (answer) => {
    const json = parsed(answer.body);
    return answer.status === 200 && !answer.truncated && v.is(resultSchema, json);
  },
  refused: ({ status: code, body: text, truncated }) =>
    (code === 200 && truncated) || (code === 422 && v.is(problem, parsed(text))),
  busy: ({ status: code }) => code === 429 || code === 503,
  failed: ({ status: code }) => code !== 429 && code !== 503,
  unreachable: () => false,
  unclear: () => false,
};

it('completes a job only with a result, and ends one only with an error', async () => {
  await fc.assert(
    fc.asyncProperty(said, async (answer) => {
      const outcome = await called(answer);
      expect(EARNED[outcome.kind](answer), outcome.kind).toBe(true);
      if (outcome.kind === 'done')
        expect(outcome.result).toEqual(v.parse(resultSchema, parsed(answer.body)).result);
      if (outcome.kind === 'busy') expect(outcome.retryAfterSeconds ?? 0).toBeGreaterThanOrEqual(0);
    }),
    BOUNDED,
  );
});

describe('an answer to a probe', () => {
  const equals = fc.oneof(fc.string(), fc.double({ noNaN: true }), fc.boolean());
  const pointer = fc
    .array(fc.constantFrom('status', 'a~1b', 'm~0n', '0', '', '__proto__', 'length'))
    .map((tokens) => tokens.map((token) => `/${token}`).join(''));
  const rule = fc.oneof(
    fc.record({ kind: fc.constant('json' as const), pointer, equals }),
    fc.record({ kind: fc.constant('contains' as const), text: fc.string({ minLength: 1 }) }),
  );
  const isKept = (expected: BodyRule, text: string): boolean =>
    expected.kind === 'contains' ? text.includes(expected.text) : parsed(text) !== undefined;

  it('passes only with an expected status and a kept rule, and is always judged', () => {
    fc.assert(
      fc.property(said, rule, (answer, expected) => {
        const judgement = judgeAnswer(answer, { ...hostWith().probe, body: expected }, 0);
        if (judgement.kind === 'busy')
          expect(judgement.retryAfterSeconds ?? 0).toBeGreaterThanOrEqual(0);
        else if (judgement.kind === 'fail') expect(judgement.detail).not.toBe('');
        else
          expect([Math.floor(answer.status / 100), isKept(expected, answer.body)]).toEqual([
            2,
            true,
          ]);
      }),
      BOUNDED,
    );
  });
});
