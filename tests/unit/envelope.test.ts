import * as v from 'valibot';
import { describe, expect, it } from 'vitest';
import { defineJob, kindsOf } from '#shared/jobs/defineJob.ts';
import { hintsOf, jobIdOf, parseEnvelope } from '#shared/jobs/envelope.ts';
import { LIMITS } from '#shared/kernel/limits.ts';

const run = () => Promise.resolve(null);
const kinds = kindsOf([
  defineJob({ kind: 'echo', payload: v.unknown(), run }),
  defineJob({ kind: 'greet', payload: v.strictObject({ name: v.string() }), run }),
]);

const refusal = (body: string) => {
  const parsed = parseEnvelope(body, kinds);
  return parsed.ok ? undefined : parsed.error;
};

const nested = (depth: number): string => `${'['.repeat(depth)}${']'.repeat(depth)}`;

describe('parseEnvelope', () => {
  it('takes the smallest envelope', () => {
    expect(parseEnvelope('{"kind":"echo","payload":{}}', kinds).ok).toBe(true);
  });

  it.each<[string, string, string, string, RegExp]>([
    ['not JSON', 'hello', 'NOT_JSON', '', /not JSON/],
    ['an empty body', '', 'NOT_JSON', '', /not JSON/],
    ['raw NUL bytes', '\0\0', 'NOT_JSON', '', /not JSON/],
    ['an array', '[]', 'NOT_AN_OBJECT', '', /JSON object/],
    ['null', 'null', 'NOT_AN_OBJECT', '', /JSON object/],
    ['no kind', '{"payload":{}}', 'ENVELOPE_INVALID', 'kind', /^kind: /],
    ['an empty kind', '{"kind":""}', 'ENVELOPE_INVALID', 'kind', /^kind: /],
    ['an unknown kind', '{"kind":"nope"}', 'UNKNOWN_KIND', 'kind', /"nope".*echo, greet/],
    ['a number as id', '{"kind":"echo","id":7}', 'ENVELOPE_INVALID', 'id', /^id: .*string/i],
    [
      'an id of 10 KB',
      JSON.stringify({ kind: 'echo', id: 'x'.repeat(10_240) }),
      'ENVELOPE_INVALID',
      'id',
      /^id: .*128/,
    ],
    ...['id', 'group', 'source', 'missionId', 'taskId', 'parentId', 'idempotencyKey'].flatMap(
      (field) =>
        ['a\\u0007', '\\u0085', 'a\\u2028b', '\\ud83d', 'x\\uffff'].map(
          (name): [string, string, string, string, RegExp] => [
            `${name} as ${field}`,
            `{"kind":"echo","${field}":"${name}"}`,
            'ENVELOPE_INVALID',
            field,
            /control characters, line breaks or lone surrogates/,
          ],
        ),
    ),
    [
      'an escaped NUL',
      '{"kind":"echo","payload":{"a":["\\u0000"]}}',
      'NUL_BYTE',
      'payload.a.0',
      /NUL/,
    ],
    ['a NUL in a key', '{"kind":"echo","payload":{"\\u0000":1}}', 'NUL_BYTE', 'payload.\\0', /NUL/],
    [
      'a prototype key',
      '{"kind":"echo","__proto__":{}}',
      'PROTOTYPE_KEY',
      '__proto__',
      /__proto__/,
    ],
    [
      'a nested prototype key',
      '{"kind":"echo","payload":[{"__proto__":{"a":1}}]}',
      'PROTOTYPE_KEY',
      'payload.0.__proto__',
      /__proto__/,
    ],
    [
      'an unknown field',
      '{"kind":"echo","colour":"red"}',
      'ENVELOPE_INVALID',
      'colour',
      /unknown field/,
    ],
    [
      'an unknown priority',
      '{"kind":"echo","priority":"now"}',
      'ENVELOPE_INVALID',
      'priority',
      /critical/,
    ],
    [
      'a timeout of a day',
      '{"kind":"echo","timeoutSeconds":86400}',
      'ENVELOPE_INVALID',
      'timeoutSeconds',
      /840/,
    ],
    [
      'a retry policy that never ends',
      '{"kind":"echo","retry":{"maxAttempts":1000}}',
      'ENVELOPE_INVALID',
      'retry.maxAttempts',
      /100/,
    ],
    [
      'a payload of another shape',
      '{"kind":"greet","payload":{"name":1}}',
      'PAYLOAD_INVALID',
      'payload.name',
      /string/i,
    ],
    ['a missing payload', '{"kind":"greet"}', 'PAYLOAD_INVALID', 'payload', /^payload: /],
    ['absurd depth', `{"kind":"echo","payload":${nested(5_000)}}`, 'TOO_DEEP', '', /64 levels/],
  ])('refuses %s', (_what, body, code, path, message) => {
    const issue = refusal(body);
    expect(issue?.code).toBe(code);
    if (code !== 'TOO_DEEP') expect(issue?.path).toBe(path);
    expect(issue?.message).toMatch(message);
  });

  it('refuses an envelope over the limit and says both sizes', () => {
    const body = JSON.stringify({ kind: 'echo', payload: 'x'.repeat(LIMITS.envelopeBytesMax) });
    const issue = refusal(body);
    expect(issue?.code).toBe('TOO_LARGE');
    expect(issue?.message).toContain(String(LIMITS.envelopeBytesMax));
    expect(issue?.message).toContain(String(body.length));
  });

  it('knows a repeated job by its content, whatever the order of keys', () => {
    const hash = (body: string) => {
      const parsed = parseEnvelope(body, kinds);
      return parsed.ok ? parsed.value.contentHash : parsed.error.code;
    };
    const one = hash('{"kind":"echo","payload":{"a":1,"b":[2]}}');
    expect(hash('{"payload":{"b":[2],"a":1},"kind":"echo","priority":"low"}')).toBe(one);
    expect(hash('{"kind":"echo","payload":{"a":1,"b":[3]}}')).not.toBe(one);
  });
});

describe('jobIdOf', () => {
  it('prefers the own id, then the idempotency key, then the message', () => {
    expect(jobIdOf({ id: 'mine', idempotencyKey: 'k' }, 'm')).toBe('mine');
    expect(jobIdOf({ idempotencyKey: 'k' }, 'm')).toMatch(/^key-[0-9a-f]{32}$/);
    expect(jobIdOf({}, 'm')).toBe('m');
  });

  it('keeps the keys of two sources apart', () => {
    const ids = ['a', 'b'].map((source) => jobIdOf({ source, idempotencyKey: 'k' }, 'm'));
    expect(new Set(ids).size).toBe(2);
    expect(jobIdOf({ idempotencyKey: 'k' }, 'm')).toBe(
      jobIdOf({ source: 'default', idempotencyKey: 'k' }, 'n'),
    );
  });
});

describe('hintsOf', () => {
  it('takes what is sound and leaves what is not', () => {
    expect(hintsOf('{"id":"a","kind":7,"missionId":"m","colour":1}')).toEqual({
      id: 'a',
      missionId: 'm',
    });
    expect(hintsOf('nonsense')).toEqual({});
    expect(hintsOf('[1]')).toEqual({});
  });
});
