import { readFileSync } from 'node:fs';
import type { RequestListener } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import { createServer as createRawServer } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createProbe } from '#shared/hosts/http/probe.ts';
import type { ProbeSettings } from '#shared/hosts/registry/host.ts';
import { systemClock } from '#shared/kernel/ports.ts';
import { aHost, listening, serve } from '../support/targets.ts';

const json =
  (status: number, body: unknown, headers = {}): RequestListener =>
  (_, response) =>
    response.writeHead(status, headers).end(JSON.stringify(body));

const ANSWERS: Readonly<Record<string, RequestListener>> = {
  '/health': json(200, { status: 'ok', active: 1, capacity: 4 }),
  '/created': json(201, {}),
  '/teapot': json(418, {}),
  '/full': json(200, { active: 4, capacity: 4 }),
  '/busy': json(200, { status: 'busy' }),
  '/429': json(429, {}),
  '/429-later': json(429, {}, { 'retry-after': '7' }),
  '/503-later': json(503, {}, { 'retry-after': '30' }),
  '/503': json(503, {}),
  '/moved': (_, response) => response.writeHead(302, { location: '/health' }).end(),
  '/nested': json(200, { a: { 'b/c': [1, { d: 'yes' }] } }),
  '/late': (_, response) => setTimeout(() => response.end('ok'), 60),
  '/hangup': (_, response) => response.socket?.destroy(),
  '/half': (_, response) => {
    response.writeHead(200, { 'content-length': '100' });
    response.write('part', () => response.socket?.destroy());
  },
  '/silent': () => undefined,
  '/drip': (_, response) => {
    const timer = setInterval(() => response.write('.'), 10);
    response.once('close', () => clearInterval(timer));
  },
  '/flood': (_, response) => response.write('x'.repeat(100_000)),
  '/headers': (request, response) =>
    response.end(JSON.stringify({ method: request.method, ...request.headers })),
};

const { port, stop } = await serve((request, response) =>
  (ANSWERS[request.url ?? ''] ?? json(404, {}))(request, response),
);
afterAll(stop);

const options = { allow: ['127.0.0.0/8'], clock: systemClock, hosts: 10 };
const probe = createProbe(options);
const ask = (path: string, over: Partial<ProbeSettings> = {}) => {
  const host = aHost('h', `http://127.0.0.1:${port}`, { path, ...over });
  return probe(host, host.probe.timeoutMs);
};
const equals = (pointer: string, value: string | number) =>
  ({ kind: 'json', pointer, equals: value }) as const;

describe('a probe', () => {
  it.each([
    ['/health', {}, { kind: 'ok', status: 200 }],
    ['health', {}, { kind: 'ok', status: 200 }],
    ['/created', {}, { kind: 'ok', status: 201 }],
    ['/health', { method: 'HEAD' }, { kind: 'ok', status: 200 }],
    ['/teapot', {}, { kind: 'fail', reason: 'status', status: 418 }],
    [
      '/teapot',
      {
        expectStatus: [
          [200, 299],
          [418, 418],
        ],
      },
      { kind: 'ok' },
    ],
    ['/moved', {}, { kind: 'fail', reason: 'status', status: 302 }],
    ['/429', {}, { kind: 'busy', status: 429 }],
    ['/429-later', {}, { kind: 'busy', retryAfterSeconds: 7 }],
    ['/503-later', {}, { kind: 'busy', retryAfterSeconds: 30 }],
    ['/503', {}, { kind: 'fail', reason: 'status' }],
    ['/busy', {}, { kind: 'busy' }],
    ['/full', {}, { kind: 'busy' }],
    ['/health', { body: equals('/status', 'ok') }, { kind: 'ok' }],
    ['/health', { body: equals('/active', '1') }, { kind: 'fail', reason: 'body' }],
    ['/nested', { body: equals('/a/b~1c/1/d', 'yes') }, { kind: 'ok' }],
    ['/nested', { body: equals('/a/toString', 'yes') }, { kind: 'fail', reason: 'body' }],
    ['/health', { body: { kind: 'contains', text: '"active":1' } }, { kind: 'ok' }],
    ['/health', { body: { kind: 'contains', text: 'nope' } }, { kind: 'fail', reason: 'body' }],
    ['/flood', { body: equals('/a', 1) }, { kind: 'fail', detail: 'the body is too long' }],
    ['/late', { degradedMs: 20 }, { kind: 'slow', status: 200 }],
    ['/hangup', {}, { kind: 'fail', reason: 'reset' }],
    ['/half', {}, { kind: 'fail', reason: 'reset' }],
    ['/silent', { timeoutMs: 100 }, { kind: 'fail', reason: 'timeout' }],
  ] as const)('of %s with %j: %j', async (path, over, expected) => {
    expect(await ask(path, over)).toMatchObject(expected);
  });

  it('ends at its deadline however slowly a body drips', async () => {
    expect(await ask('/drip', { timeoutMs: 300 })).toMatchObject({
      kind: 'fail',
      reason: 'timeout',
      detail: expect.stringContaining('end of its body'),
    });
  });

  it('waits for no more of a body than it may read', async () => {
    expect(await ask('/flood')).toMatchObject({ kind: 'ok' });
  });

  it('tells the phases, of which a literal address has no name', async () => {
    const outcome = await ask('/late');
    if (outcome.kind !== 'ok') throw new Error(outcome.kind);
    expect(outcome.phases).toEqual({
      connect: expect.any(Number),
      firstByte: expect.any(Number),
    });
    expect(outcome.phases.firstByte).toBeGreaterThan(50);
    expect(outcome.ms).toBeGreaterThanOrEqual(outcome.phases.firstByte ?? 0);
  });

  it('sends the headers it is told to, and keeps no connection', async () => {
    const seen = await ask('/headers', {
      headers: { 'x-key': 'k' },
      body: equals('/x-key', 'k'),
    });
    expect(seen.kind).toBe('ok');
    expect(await ask('/headers', { body: equals('/connection', 'close') })).toMatchObject({
      kind: 'ok',
    });
  });

  it('of a closed port is refused', async () => {
    const closed = await serve(() => undefined);
    await closed.stop();
    const host = aHost('h', `http://127.0.0.1:${closed.port}`);
    expect(await probe(host, 2_000)).toMatchObject({ kind: 'fail', reason: 'refused' });
  });

  it('of something that does not speak HTTP fails by its protocol', async () => {
    const server = createRawServer((socket) => socket.end('220 mail.example ESMTP\r\n'));
    const raw = await listening(server as never);
    const host = aHost('h', `http://127.0.0.1:${raw.port}`);
    expect(await probe(host, 2_000)).toMatchObject({ kind: 'fail', reason: 'protocol' });
    server.close();
  });

  it.each([
    ['http://10.0.0.1', 'forbidden_address'],
    ['http://169.254.169.254', 'forbidden_address'],
    ['http://127.0.0.1:22', 'forbidden_address'],
    ['gopher://127.0.0.1', 'forbidden_address'],
  ])('goes nowhere it must not: %s', async (endpoint, reason) => {
    expect(await probe(aHost('h', endpoint), 2_000)).toMatchObject({
      kind: 'inconclusive',
      reason,
    });
  });

  it('is not led to another host by its path', async () => {
    const host = aHost('h', `http://127.0.0.1:${port}`, { path: '@10.0.0.1/health' });
    expect(await probe(host, 2_000)).toMatchObject({ kind: 'fail', status: 404 });
  });
});

describe('a probe over TLS', () => {
  const pem = (name: string) => readFileSync(`tests/fixtures/tls/${name}`, 'utf8');
  const ca = pem('valid.crt');
  const secure = (cert: string) =>
    listening(createSecureServer({ key: pem('host.key'), cert: pem(cert) }, json(200, {})));
  let valid: Awaited<ReturnType<typeof secure>>;
  let reused: boolean[];
  beforeAll(async () => {
    valid = await secure('valid.crt');
    reused = [];
    valid.server.on('secureConnection', (socket) => reused.push(socket.isSessionReused()));
  });
  afterAll(() => valid.stop());

  it('tells its phase and the days that are left; resumes the session on a new connection', async () => {
    const secured = createProbe({ ...options, ca });
    const host = aHost('h', `https://127.0.0.1:${valid.port}`);
    const first = await secured(host, 2_000);
    expect(first).toMatchObject({ kind: 'ok', phases: { tls: expect.any(Number) } });
    expect('certDays' in first && first.certDays).toBeGreaterThan(30_000);
    await secured(host, 2_000);
    expect(await secured(host, 2_000)).toMatchObject({
      certDays: 'certDays' in first ? first.certDays : undefined,
    });
    expect(reused.length).toBe(3);
    expect(reused.at(-1)).toBe(true);
  });

  it('resumes no session from before the end of its certificate', async () => {
    let now = Date.parse('2119-12-31T23:59:00Z');
    const secured = createProbe({ ...options, ca, clock: { now: () => now } });
    const host = aHost('h', `https://127.0.0.1:${valid.port}`);
    await secured(host, 2_000);
    await secured(host, 2_000);
    expect(reused.at(-1)).toBe(true);
    reused.length = 0;
    // As if the session were from before the certificate was renewed.
    now = Date.parse('2120-01-01T00:00:01Z');
    expect(await secured(host, 2_000)).toMatchObject({ kind: 'ok' });
    expect(reused).toEqual([false]);
  });

  it.each([
    ['expired.crt', 'certificate_expired', 'expired.crt'],
    ['valid.crt', 'tls', undefined],
  ])('of %s fails with %s', async (cert, reason, trusted) => {
    const server = await secure(cert);
    const secured = createProbe({ ...options, ...(trusted && { ca: pem(trusted) }) });
    const host = aHost('h', `https://127.0.0.1:${server.port}`);
    expect(await secured(host, 2_000)).toMatchObject({ kind: 'fail', reason });
    await server.stop();
  });

  it('fails when the certificate is for another name', async () => {
    const secured = createProbe({
      ...options,
      ca,
      resolve: () => Promise.resolve([{ address: '127.0.0.1', family: 4 }]),
    });
    const host = aHost('h', `https://other.example:${valid.port}`);
    expect(await secured(host, 2_000)).toMatchObject({ kind: 'fail', reason: 'tls' });
  });
});
