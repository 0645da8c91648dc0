import * as v from 'valibot';
import { describe, expect, it } from 'vitest';
import { checkBody } from '#cli/input/check.ts';
import { parseEnvelope } from '#shared/jobs/envelope/envelope.ts';
import { envelopeText, parseOutgoing } from '#shared/jobs/envelope/outgoing.ts';
import { defineJob, kindsOf } from '#shared/jobs/kinds/defineJob.ts';
import { kinds as builtIn } from '#shared/jobs/kinds/index.ts';
import { LIMITS } from '#shared/kernel/limits.ts';

const kinds = kindsOf([
  defineJob({ kind: 'echo', payload: v.unknown(), run: () => Promise.resolve(null) }),
]);
const code = (body: string) => {
  const parsed = parseOutgoing(body, kinds);
  return parsed.ok ? 'fine' : parsed.error.code;
};
const sized = (bytes: number, fields: object = {}) =>
  JSON.stringify({ kind: 'echo', ...fields, payload: 'x'.repeat(bytes) });

describe('what a sender writes', () => {
  const nested = { list: [1, { deep: 12345678901234567890n }] };
  const cyclic: Record<string, unknown> = {};
  cyclic['self'] = cyclic;

  it.each<[string, unknown, string, RegExp]>([
    [
      'a BigInt',
      nested,
      'NUMBER_INEXACT',
      /^payload\.list\.1\.deep: 12345678901234567890 .*BigInt/,
    ],
    ['NaN', [0, { a: Number.NaN }], 'NUMBER_INEXACT', /^payload\.1\.a: NaN/],
    ['Infinity', { a: { b: 1 }, c: Number.POSITIVE_INFINITY }, 'NUMBER_INEXACT', /^payload\.c: /],
    // Written with digits, since the literal is another number.
    [
      'a rounded literal',
      { a: [], big: Number('12345678901234567890') },
      'NUMBER_INEXACT',
      /^payload\.big: /,
    ],
    ['a cycle', cyclic, 'NOT_JSON', /circular/],
    [
      'a toJSON that throws',
      {
        toJSON: () => {
          throw new Error('no');
        },
      },
      'NOT_JSON',
      /Error: no/,
    ],
  ])('is refused for %s, by name', (_what, payload, expected, message) => {
    const text = envelopeText({ kind: 'echo', payload });
    expect(text).toMatchObject({ ok: false, error: { code: expected } });
    expect(!text.ok && text.error.message).toMatch(message);
  });

  it.each([
    { a: null, b: [9_007_199_254_740_991, -1e21, 1e300, 5e-324], c: new Date(0), d: undefined },
    'text of 12345678901234567890 and null and 1e400',
    Object.assign(Object.create(null), { a: 1 }),
  ])('is what JSON makes of it: %j', (payload) => {
    const text = envelopeText({ kind: 'echo', payload });
    expect(text).toEqual({ ok: true, value: JSON.stringify({ kind: 'echo', payload }) });
  });
});

describe('what is sent', () => {
  it('may be as large as the bucket takes, beside what the message has to carry', () => {
    expect(code(sized(LIMITS.envelopeBytesMax))).toBe('fine');
    expect(code(sized(LIMITS.payloadBytesMax - 100))).toBe('fine');
    expect(code(sized(LIMITS.payloadBytesMax))).toBe('TOO_LARGE');
    const dependsOn = Array.from({ length: 4_000 }, (_, index) => `${index}`.padStart(100, 'x'));
    expect(code(sized(1, { dependsOn }))).toBe('TOO_LARGE');
    expect(code(sized(LIMITS.envelopeBytesMax, { dependsOn }))).toBe('TOO_LARGE');
  });

  it('has no more dependencies than one that is small', () => {
    const payload = Array.from({ length: LIMITS.dependenciesMax + 1 }, (_, index) => ({
      $result: `${index}`.padStart(24, 'x'),
    }));
    expect(code(JSON.stringify({ kind: 'echo', payload }))).toBe('ENVELOPE_INVALID');
  });

  it.each([
    '{"kind":"echo","payload":{"big":12345678901234567890}}',
    '{"kind":"echo","payload":"\\u0000"}',
    '{"kind":"echo","payload":{"__proto__":1}}',
    '{"kind":"echo","payload":"\\ud83d"}',
    '{"kind":"echo","runAt":"2027-12-25T00:00:00+08"}',
    '\ufeff{"kind":"echo"}',
    '{"Type":"Notification","TopicArn":"t","Message":"{}"}',
    '{',
  ])('is refused in the words of the worker: %s', (body) => {
    const worker = parseEnvelope(body, builtIn);
    expect(worker.ok).toBe(false);
    expect(checkBody(body, builtIn)).toEqual(!worker.ok && worker.error);
  });
});
