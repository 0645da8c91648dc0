import * as v from 'valibot';
import { describe, expect, it } from 'vitest';
import { hintsOf, jobIdOf, parseEnvelope } from '#shared/jobs/envelope/envelope.ts';
import { defineJob, kindsOf } from '#shared/jobs/kinds/defineJob.ts';
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
        ['a\\u0007', '\\u0085', 'a\\u2028b', 'x\\uffff'].map(
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
    [
      'half a pair as id',
      '{"kind":"echo","id":"\\ud83d"}',
      'LONE_SURROGATE',
      'id',
      /^id: .*surrogate/,
    ],
    [
      'half a pair in a payload',
      '{"kind":"echo","payload":{"a":"x\\ude00"}}',
      'LONE_SURROGATE',
      'payload.a',
      /^payload\.a: /,
    ],
    [
      'half a pair in a key',
      '{"kind":"echo","payload":{"\\ud83d":1}}',
      'LONE_SURROGATE',
      'payload.\ufffd',
      /surrogate/,
    ],
    ...[
      ['12345678901234567890', '12345678901234567000'],
      ['9007199254740993', '9007199254740992'],
      ['1e400', 'Infinity'],
      ['-1E+400', '-Infinity'],
      ['1e-400', '0'],
      ['0.12345678901234567890', '0.12345678901234568'],
    ].map(([source, becomes]): [string, string, string, string, RegExp] => [
      `${source}`,
      `{"kind":"echo","payload":{"items":[1,{"big":${source}}]}}`,
      'NUMBER_INEXACT',
      'payload.items.1.big',
      new RegExp(`^payload.items.1.big: .* would become ${becomes}: send it as text$`),
    ]),
    ...['runAt', 'deadline'].flatMap((field) =>
      [
        ...['2027-12-25T00:00:00+08', '2027-02-30T00:00:00Z', '2027-12-25T24:00:00Z', '2027-12-25'],
        ...['2027-12-25T00:00:00', '2027-12-25T00:00:00+24:00', '2027-12-25T00:00:00+01:60'],
      ].map((time): [string, string, string, string, RegExp] => [
        `${field} ${time}`,
        `{"kind":"echo","${field}":"${time}"}`,
        'ENVELOPE_INVALID',
        field,
        /RFC 3339/,
      ]),
    ),
    [
      'an SNS notification',
      '{"Type":"Notification","TopicArn":"arn:aws:sns:eu-central-1:1:t","Message":"{}"}',
      'ENVELOPE_WRAPPED',
      '',
      /SNS.*turn on raw message delivery/,
    ],
    [
      'an S3 event',
      '{"Records":[{"eventSource":"aws:s3","eventName":"ObjectCreated:Put"}]}',
      'ENVELOPE_WRAPPED',
      '',
      /S3 event notification/,
    ],
    [
      'what S3 sends to try the queue',
      '{"Service":"Amazon S3","Event":"s3:TestEvent","Bucket":"b"}',
      'ENVELOPE_WRAPPED',
      '',
      /S3 event notification/,
    ],
    [
      'an EventBridge event',
      '{"version":"0","id":"e","detail-type":"Order","source":"shop","detail":{"kind":"echo"}}',
      'ENVELOPE_WRAPPED',
      '',
      /EventBridge event.*input/,
    ],
    [
      'a batch that a function got',
      '{"Records":[{"eventSource":"aws:sqs","body":"{}"}]}',
      'ENVELOPE_WRAPPED',
      '',
      /Records/,
    ],
    ['a byte order mark', '\ufeff{"kind":"echo"}', 'NOT_JSON', '', /byte order mark/],
    [
      'a field with a name of 100 KB',
      `{"kind":"echo","${'x'.repeat(100_000)}":1}`,
      'ENVELOPE_INVALID',
      `${'x'.repeat(199)}…`,
      /^x{199}…: unknown field$/,
    ],
    [
      'text of 100 KB in the wrong place',
      `{"kind":"echo","runAt":"${'x'.repeat(100_000)}"}`,
      'ENVELOPE_INVALID',
      'runAt',
      /^runAt: .{1,1000}$/,
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

  it.each([
    ...[
      '9007199254740992',
      '-9007199254740991',
      '1e2',
      '1E+20',
      '100000000000000000000',
      '-0',
      '1.0',
    ],
    ...['0.1', '0.10000000000000001', '0.30000000000000004', '5e-324', '1.7976931348623157e308'],
  ])('takes the number %s', (number) => {
    expect(refusal(`{"kind":"echo","payload":[${number}]}`)).toBeUndefined();
  });

  it('takes keys that only look like __proto__', () => {
    const payload = '{"user.__proto__":1,"a":{"constructor":{"prototype":2}}}';
    const parsed = parseEnvelope(`{"kind":"echo","payload":${payload}}`, kinds);
    expect(parsed.ok && parsed.value.payload).toEqual(JSON.parse(payload));
  });

  it.each<[string, v.GenericSchema]>([
    [
      'transform',
      v.pipe(
        v.unknown(),
        v.transform((value) => BigInt(value as string)),
      ),
    ],
    [
      'check',
      v.pipe(
        v.unknown(),
        v.check((value) => (value as { a: { b: boolean } }).a.b),
      ),
    ],
    [
      'thrown thing without a text',
      v.pipe(
        v.unknown(),
        v.check(() => {
          throw Object.create(null);
        }),
      ),
    ],
  ])('puts it down to the body when the %s of a schema throws', (_what, payload) => {
    const odd = kindsOf([defineJob({ kind: 'odd', payload, run })]);
    const parsed = parseEnvelope('{"kind":"odd","payload":"x"}', odd);
    expect(parsed).toMatchObject({
      ok: false,
      error: { code: 'PAYLOAD_INVALID', path: 'payload' },
    });
    expect(!parsed.ok && parsed.error.message).toMatch(/^payload: the schema of odd threw /);
  });

  it('does not count spaces and escapes, in which the mesh itself spells bodies', () => {
    const text = 'é'.repeat(LIMITS.envelopeBytesMax / 2 - 100);
    const ascii = JSON.stringify({ kind: 'echo', payload: text }).replaceAll('é', '\\u00e9');
    expect(ascii.length).toBeGreaterThan(2.9 * LIMITS.envelopeBytesMax);
    expect(refusal(ascii)).toBeUndefined();
    expect(refusal(`${' '.repeat(LIMITS.envelopeBytesMax)}{"kind":"echo"}`)).toBeUndefined();
  });

  it.each([
    ['http://', /^callback.url: "http:\/\/" is not a URL$/],
    ['https://exa mple/', /is not a URL/],
    ['https://[::1', /is not a URL/],
    ['https://example.org:99999/', /is not a URL/],
    ['https://user:secret@example.org/', /^callback.url: credentials belong in a header$/],
    ['http://example.org:22/', /^callback.url: port 22 is none of/],
    ['ftp://example.org/', /http/],
  ])('refuses the callback %s', (url, message) => {
    const issue = refusal(JSON.stringify({ kind: 'echo', callback: { url } }));
    expect(issue).toMatchObject({ code: 'ENVELOPE_INVALID', path: 'callback.url' });
    expect(issue?.message).toMatch(message);
  });

  it.each(['https://example.org', 'http://example.org:8080/a?b=c', 'https://[2001:db8::1]/'])(
    'takes the callback %s',
    (url) => {
      expect(refusal(JSON.stringify({ kind: 'echo', callback: { url } }))).toBeUndefined();
    },
  );

  it('names the kinds that it knows, as far as a message reaches', () => {
    const many = Array.from({ length: 100 }, (_, index) =>
      defineJob({ kind: `kind-${index}-${'x'.repeat(40)}`, payload: v.unknown(), run }),
    );
    const parsed = parseEnvelope('{"kind":"nope"}', kindsOf(many));
    const { message } = (!parsed.ok && parsed.error) || expect.unreachable();
    expect(message).toMatch(/^kind: "nope" is not registered here \(known: kind-0-x.*…$/);
    expect(message.length).toBe(LIMITS.errorMessageMax);
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

  it.each([
    ['NUL', '{"id":"mine","payload":"\\u0000"}'],
    ['depth', `{"id":"mine","payload":${nested(5_000)}}`],
    ['__proto__', '{"id":"mine","__proto__":{}}'],
    ['inexact numbers', '{"id":"mine","payload":1e400}'],
    ['a byte order mark', '\ufeff{"id":"mine"}'],
    [
      'an SNS notification',
      '{"Type":"Notification","TopicArn":"t","Message":"{\\"id\\":\\"mine\\"}"}',
    ],
    ['an EventBridge event', '{"detail-type":"t","id":"event","detail":{"id":"mine"}}'],
    [
      'wrappers as deep as a message is long',
      `${'{"detail-type":"t","detail":'.repeat(30_000)}{"id":"mine"}${'}'.repeat(30_000)}`,
    ],
  ])('reads the id of a body that is refused for %s', (_what, body) => {
    expect(refusal(body)).toBeDefined();
    expect(hintsOf(body)).toEqual({ id: 'mine' });
  });

  it('finds the id that follows from an idempotency key, unless its source cannot be read', () => {
    const id = (fields: object) => hintsOf(JSON.stringify({ idempotencyKey: 'k', ...fields })).id;
    expect(id({})).toBe(jobIdOf({ idempotencyKey: 'k' }, ''));
    expect(id({ source: 's' })).toBe(jobIdOf({ source: 's', idempotencyKey: 'k' }, ''));
    expect(id({ source: 7 })).toBeUndefined();
    expect(id({ id: 'own' })).toBe('own');
  });
});
