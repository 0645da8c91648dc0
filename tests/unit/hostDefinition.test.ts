import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import {
  byShard,
  checkHost,
  differenceOf,
  type HostDefinition,
  placeFor,
} from '#shared/hosts/registry/definition.ts';
import { overlayAt } from '#shared/hosts/registry/host.ts';
import { NAME_RULE } from '#shared/kernel/names.ts';

const MINIMAL = {
  id: 'pdf-1',
  endpoint: 'http://10.0.0.7:8081',
  capabilities: [{ kind: 'pdf', price: 20 }],
};

const valid = (value: object): HostDefinition => {
  const checked = checkHost(value);
  if (!checked.ok) throw new Error(checked.error.message);
  return checked.value;
};

describe('a host definition', () => {
  it('says where the host is and what it can do; the rest has defaults', () => {
    expect(valid(MINIMAL)).toEqual({
      id: 'pdf-1',
      endpoint: 'http://10.0.0.7:8081',
      capabilities: [{ kind: 'pdf', price: 20n }],
      unit: 'CRD',
      concurrency: 1,
      tags: [],
      probe: {
        path: '/health',
        method: 'GET',
        expectStatus: [[200, 299]],
        headers: {},
        timeoutMs: 2_000,
        degradedMs: 1_000,
        intervalSeconds: 60,
      },
    });
  });

  it('may say all of it', () => {
    const probe = {
      path: '/up?deep=1',
      expectStatus: [200, [301, 302]],
      body: { kind: 'json', pointer: '/status', equals: 'ok' },
      headers: { Authorization: 'Bearer x' },
      timeoutMs: 1_500,
      degradedMs: 700,
      intervalSeconds: 5,
    };
    const host = valid({ ...MINIMAL, unit: 'TOK', concurrency: 8, tags: ['gpu', 'eu'], probe });
    expect(host.probe).toEqual({
      ...probe,
      method: 'GET',
      expectStatus: [
        [200, 200],
        [301, 302],
      ],
    });
    expect(host.tags).toEqual(['eu', 'gpu']);
  });

  it('keeps prices that are beyond the numbers of JSON, and free ones', () => {
    const capabilities = [
      { kind: 'dear', price: '123456789012345678901234567890' },
      { kind: 'free', price: 0 },
      { kind: 'gift' },
    ];
    expect(valid({ ...MINIMAL, capabilities }).capabilities.map(({ price }) => price)).toEqual([
      123456789012345678901234567890n,
      0n,
      0n,
    ]);
  });

  it('is what the example shows', () => {
    const examples = JSON.parse(readFileSync('examples/hosts.json', 'utf8'));
    expect(examples.map((each: object) => valid(each).id)).toEqual(['pdf-1', 'gpu-1']);
  });

  it('has a timeout that its interval leaves room for', () => {
    const { timeoutMs, degradedMs } = valid({ ...MINIMAL, probe: { intervalSeconds: 5 } }).probe;
    expect({ timeoutMs, degradedMs }).toEqual({ timeoutMs: 1_666, degradedMs: 1_000 });
    expect(valid({ ...MINIMAL, probe: { timeoutMs: 300 } }).probe.degradedMs).toBe(300);
  });

  const price = (value: unknown) => ({ capabilities: [{ kind: 'pdf', price: value }] });
  const probe = (value: object) => ({ probe: value });

  it.each([
    ['no id', { id: undefined }, 'HOST_INVALID', /^id: is missing$/],
    ['an id that a key cannot hold', { id: 'a#b' }, 'HOST_INVALID', /^id: must be letters/],
    ['an id too long', { id: 'x'.repeat(65) }, 'HOST_INVALID', /^id: /],
    ['no endpoint', { endpoint: undefined }, 'HOST_INVALID', /^endpoint: is missing$/],
    ['no URL', { endpoint: 'host-7' }, 'ENDPOINT_INVALID', /^endpoint: must be a URL/],
    ['another scheme', { endpoint: 'ftp://h' }, 'ENDPOINT_INVALID', /http:\/\/ or https:\/\//],
    ['credentials', { endpoint: 'http://u:p@h' }, 'ENDPOINT_INVALID', /credentials/],
    ['a user', { endpoint: 'http://u@h' }, 'ENDPOINT_INVALID', /credentials/],
    ['a path', { endpoint: 'http://h/api' }, 'ENDPOINT_INVALID', /no path.*probe\.path/],
    ['a query', { endpoint: 'http://h/?x' }, 'ENDPOINT_INVALID', /no query/],
    ['an empty query', { endpoint: 'http://h/?' }, 'ENDPOINT_INVALID', /no query/],
    ['a fragment', { endpoint: 'http://h#x' }, 'ENDPOINT_INVALID', /no fragment/],
    ['a port of mail', { endpoint: 'http://h:22' }, 'ENDPOINT_INVALID', /never be probed: port 22/],
    ['port 0', { endpoint: 'http://h:0' }, 'ENDPOINT_INVALID', /never be probed: port 0/],
    ['no capability', { capabilities: [] }, 'HOST_INVALID', /^capabilities: must name/],
    [
      'a kind twice',
      { capabilities: [{ kind: 'pdf' }, { kind: 'ocr' }, { kind: 'pdf', price: 3 }] },
      'CAPABILITY_TWICE',
      /^capabilities\.2\.kind: "pdf" is named twice/,
    ],
    ['a negative price', price(-1), 'HOST_INVALID', /^capabilities\.0\.price: must be a whole/],
    ['a broken price', price(0.5), 'HOST_INVALID', /^capabilities\.0\.price: must be a whole/],
    ['a price in words', price('ten'), 'HOST_INVALID', /^capabilities\.0\.price: must be a whole/],
    ['a unit with a sign', { unit: '€' }, 'HOST_INVALID', /^unit: /],
    ['no slot', { concurrency: 0 }, 'HOST_INVALID', /^concurrency: /],
    ['a tag twice', { tags: ['a', 'a'] }, 'TAG_TWICE', /^tags\.1: "a" is named twice/],
    ['an unknown field', { colour: 'red' }, 'HOST_INVALID', /^colour: unknown field$/],
    [
      'an unknown probe field',
      probe({ every: 5 }),
      'HOST_INVALID',
      /^probe\.every: unknown field$/,
    ],
    [
      'a probe path without /',
      probe({ path: 'health' }),
      'HOST_INVALID',
      /^probe\.path: must begin/,
    ],
    ['a probe path with a space', probe({ path: '/a b' }), 'HOST_INVALID', /^probe\.path: /],
    ['another method', probe({ method: 'POST' }), 'HOST_INVALID', /^probe\.method: /],
    ['no status', probe({ expectStatus: [] }), 'HOST_INVALID', /^probe\.expectStatus: /],
    [
      'a status of 999',
      probe({ expectStatus: [999] }),
      'HOST_INVALID',
      /^probe\.expectStatus\.0: /,
    ],
    [
      'a range backwards',
      probe({ expectStatus: [[299, 200]] }),
      'HOST_INVALID',
      /^probe\.expectStatus\.0: must be a status/,
    ],
    [
      'a rule of no kind',
      probe({ body: { kind: 'xpath' } }),
      'HOST_INVALID',
      /^probe\.body(?:\.kind)?: must be \{"kind":"json"/,
    ],
    [
      'a pointer that is none',
      probe({ body: { kind: 'json', pointer: 'status', equals: 1 } }),
      'HOST_INVALID',
      /^probe\.body\.pointer: must be a JSON pointer/,
    ],
    [
      'a body of HEAD',
      probe({ method: 'HEAD', body: { kind: 'contains', text: 'ok' } }),
      'BODY_OF_HEAD',
      /^probe\.body: /,
    ],
    [
      'a header of the probe',
      probe({ headers: { Host: 'x' } }),
      'HOST_INVALID',
      /set by the probe/,
    ],
    ['a split header', probe({ headers: { a: 'b\r\nc: d' } }), 'HOST_INVALID', /printable ASCII/],
    [
      'a timeout beyond a third of the interval',
      probe({ timeoutMs: 1_667, intervalSeconds: 5 }),
      'TIMEOUT_TOO_LONG',
      /^probe\.timeoutMs: must be at most a third of the interval: 1666 ms at 5 s$/,
    ],
    [
      'slow after the timeout',
      probe({ degradedMs: 3_000 }),
      'DEGRADED_TOO_LATE',
      /^probe\.degradedMs: must not be after the timeout of 2000 ms$/,
    ],
    ['another interval', probe({ intervalSeconds: 7 }), 'HOST_INVALID', /one of 5, 10, 15, 20, 30/],
  ])('with %s is refused, and the field named', (_what, change, code, message) => {
    const checked = checkHost(JSON.parse(JSON.stringify({ ...MINIMAL, ...change })));
    expect(checked).toEqual({
      ok: false,
      error: { code, path: expect.any(String), message: expect.stringMatching(message) },
    });
    if (!checked.ok) expect(checked.error.message.startsWith(checked.error.path)).toBe(true);
  });

  it.each([
    ...['169.254.169.254', '[fd00:ec2::254]', '[::ffff:a9fe:a9fe]', '0xA9FEA9FE'],
    ...['100.100.100.200', '[fe80::1]'],
  ])('at %s is refused: whatever a deployment allows, this is never reached', (address) => {
    const never =
      /never be probed: .* is a metadata or link-local address, which is never reached$/;
    expect(checkHost({ ...MINIMAL, endpoint: `http://${address}` })).toMatchObject({
      error: { code: 'ENDPOINT_INVALID', message: expect.stringMatching(never) },
    });
  });

  it.each(['a\nb', 'a\u0000', '\u0085', 'a\u2028b', '\ud800', 'a\udc00b', '\uffff'])(
    'whose kind, tag or text is %j is refused: a key, a line or UTF-8 would change it',
    (text) => {
      for (const [change, path] of [
        [{ capabilities: [{ kind: text }] }, 'capabilities.0.kind'],
        [{ tags: ['eu', text] }, 'tags.1'],
        [{ probe: { body: { kind: 'contains', text } } }, 'probe.body.text'],
      ] as const)
        expect(checkHost({ ...MINIMAL, ...change })).toMatchObject({
          error: { code: 'HOST_INVALID', path, message: expect.stringContaining(NAME_RULE) },
        });
      expect(checkHost({ ...MINIMAL, id: `a${text}` })).toMatchObject({ error: { path: 'id' } });
      expect(checkHost({ ...MINIMAL, unit: text })).toMatchObject({ error: { path: 'unit' } });
    },
  );

  it.each([null, [], 'pdf-1', 7])('that is %j is refused', (value) => {
    expect(checkHost(value)).toMatchObject({ ok: false, error: { code: 'NOT_AN_OBJECT' } });
  });

  it.each([
    [{}, undefined],
    [{ endpoint: 'http://10.0.0.7:8081/' }, undefined],
    [{ endpoint: 'http://10.0.0.8:8081' }, 'endpoint'],
    [{ capabilities: [{ kind: 'pdf', price: 21 }] }, 'capabilities'],
    [{ capabilities: [{ kind: 'pdf', price: '20' }] }, undefined],
    [{ tags: ['gpu'] }, 'tags'],
    [{ probe: { timeoutMs: 900, degradedMs: 900 } }, 'probe.timeoutMs'],
    [{ probe: { body: { kind: 'contains', text: 'ok' } } }, 'probe.body'],
  ])('with %j differs from the one without in %s', (change, field) => {
    expect(differenceOf(valid(MINIMAL), valid({ ...MINIMAL, ...change }))).toBe(field);
  });

  it('is the same in whichever order it says things', () => {
    const [a, b] = [
      { kind: 'a', price: 1 },
      { kind: 'b', price: 2 },
    ];
    const headers = [
      { x: '1', y: '2' },
      { y: '2', x: '1' },
    ];
    const one = {
      ...MINIMAL,
      capabilities: [a, b],
      tags: ['x', 'y'],
      probe: { headers: headers[0] },
    };
    const other = {
      ...MINIMAL,
      capabilities: [b, a],
      tags: ['y', 'x'],
      probe: { headers: headers[1] },
    };
    expect(differenceOf(valid(one), valid(other))).toBeUndefined();
  });
});

describe('shards', () => {
  it('are filled one after another', () => {
    const counts = new Map([
      ['60-0', 3],
      ['60-1', 2],
      ['5-0', 1],
    ]);
    expect(placeFor(60, counts, 3)).toEqual({ shard: '60-1', room: 1 });
    expect(placeFor(60, counts, 2)).toEqual({ shard: '60-2', room: 2 });
    expect(placeFor(5, counts, 3)).toEqual({ shard: '5-0', room: 2 });
    expect(placeFor(10, counts, 3)).toEqual({ shard: '10-0', room: 3 });
  });

  it('are listed by interval and number', () => {
    expect(['60-10', '60-9', '5-0', '10-1'].sort(byShard)).toEqual([
      '5-0',
      '10-1',
      '60-9',
      '60-10',
    ]);
  });
});

describe('an overlay', () => {
  const overlay = { kind: 'drained', by: 'ann', reason: 'disk' } as const;
  it('stays until it ends or is taken away', () => {
    expect(overlayAt({ overlay }, 9e15)).toBe(overlay);
    expect(overlayAt({ overlay: { ...overlay, until: 5 } }, 4)).toMatchObject({ until: 5 });
    expect(overlayAt({ overlay: { ...overlay, until: 5 } }, 5)).toBeUndefined();
    expect(overlayAt({}, 5)).toBeUndefined();
  });
});
