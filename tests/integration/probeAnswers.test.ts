/** What servers really send, byte by byte, and what a probe makes of it. */
import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createProbe } from '#shared/hosts/http/probe.ts';
import type { ProbeSettings } from '#shared/hosts/registry/host.ts';
import { createHttpClient } from '#shared/jobs/http/httpClient.ts';
import { systemClock } from '#shared/kernel/ports.ts';
import { aHost } from '../support/targets.ts';

/** Sent to whoever asks; then the connection is ended. */
let sent: Buffer = Buffer.alloc(0);
const sockets = new Set<Socket>();
const server = createServer((socket) => {
  sockets.add(socket);
  socket.on('error', () => undefined);
  socket.once('close', () => sockets.delete(socket));
  socket.once('data', () => socket.end(sent));
});

beforeAll(async () => {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
});
afterAll(async () => {
  for (const socket of sockets) socket.destroy();
  server.close();
  await once(server, 'close');
});

const endpoint = (): string => `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
const probe = createProbe({ allow: ['127.0.0.0/8'], clock: systemClock, hosts: 1 });

/** Patient: an answer that is there is judged by what it says. */
const ask = (text: string | Uint8Array, over: Partial<ProbeSettings> = {}) => {
  sent = Buffer.from(text as string);
  const host = aHost('h', endpoint(), { timeoutMs: 20_000, degradedMs: 20_000, ...over });
  return probe(host, host.probe.timeoutMs);
};

const answer = (head: string, body = ''): string =>
  `HTTP/1.1 ${head}\r\ncontent-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`;

const STATUS_OK = { kind: 'json', pointer: '/status', equals: 'ok' } as const;

describe('an answer as some servers give it', () => {
  it.each([
    [
      'JSON behind a byte order mark',
      answer('200 OK', '\ufeff{"status":"busy"}'),
      { kind: 'busy' },
    ],
    ['204 with a body', 'HTTP/1.1 204 No Content\r\n\r\n{}', { kind: 'ok', status: 204 }],
    [
      '204 with a length and a body',
      'HTTP/1.1 204 No Content\r\ncontent-length: 2\r\n\r\n{}',
      { kind: 'ok', status: 204 },
    ],
    ['more than its length', `${answer('200 OK', '{}')}more`, { kind: 'ok', status: 200 }],
    ['HTTP/1.0', 'HTTP/1.0 200 OK\r\n\r\n{}', { kind: 'ok', status: 200 }],
    [
      'continue, and then 200',
      `HTTP/1.1 100 Continue\r\n\r\n${answer('200 OK')}`,
      { kind: 'ok', status: 200 },
    ],
    [
      'another protocol that nobody asked for',
      'HTTP/1.1 101 Switching Protocols\r\nupgrade: x\r\nconnection: upgrade\r\n\r\n',
      { kind: 'fail', reason: 'status', status: 101 },
    ],
    // These a job's call cannot read either (docs/host-protocol.md).
    ['lines without CR', 'HTTP/1.1 200 OK\ncontent-length: 2\n\n{}', { reason: 'protocol' }],
    ['no HTTP', '{"status":"ok"}', { kind: 'fail', reason: 'protocol' }],
    [
      'two lengths',
      'HTTP/1.1 200 OK\r\ncontent-length: 2\r\ncontent-length: 2\r\n\r\n{}',
      { reason: 'protocol' },
    ],
    ['less than its length', 'HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\n{}', { reason: 'reset' }],
    ['nothing', '', { kind: 'fail', reason: 'reset' }],
  ])('%s', async (_, text, outcome) => {
    expect(await ask(text)).toMatchObject(outcome);
  });

  it('keeps a rule about JSON behind a byte order mark', async () => {
    const text = answer('200 OK', '\ufeff{"status":"ok"}');
    expect(await ask(text, { body: STATUS_OK })).toMatchObject({ kind: 'ok' });
  });
});

it('ends with an outcome, whatever bytes come', { timeout: 60_000 }, async () => {
  const pieces = fc.constantFrom(
    ...[
      'HTTP/1.1 ',
      '200 OK',
      '101 X',
      '204 N',
      '999 ',
      '\r\n',
      '\n',
      '\0',
      ': ',
      'content-length',
    ],
    ...[
      'transfer-encoding: chunked\r\n',
      'upgrade: x\r\n',
      'connection: upgrade\r\n',
      '2\r\n{}\r\n',
    ],
    ...['0\r\n\r\n', '{}', '\ufeff', '{"status":"busy"}', 'retry-after: -1\r\n', '\ud800'],
  );
  const text = fc.array(fc.oneof(pieces, fc.string({ unit: 'binary', maxLength: 8 })));
  const response = fc.oneof(
    text.map((parts) => Buffer.from(parts.join(''))),
    text.map((parts) => Buffer.from(`HTTP/1.1 200 OK\r\n${parts.join('')}`)),
    fc.uint8Array({ maxLength: 300 }),
  );
  await fc.assert(
    fc.asyncProperty(response, async (bytes) => {
      const outcome = await ask(bytes);
      // The server has ended the connection: there is nothing to be waited for.
      expect(outcome).not.toMatchObject({ reason: 'timeout' });
      expect(['ok', 'slow', 'busy', 'fail']).toContain(outcome.kind);
    }),
    { numRuns: 300, interruptAfterTimeLimit: 10_000 },
  );
});

it('a call of a job that is answered with another protocol ends at once', async () => {
  sent = Buffer.from('HTTP/1.1 101 X\r\nupgrade: x\r\nconnection: upgrade\r\n\r\n');
  const request = { url: endpoint(), method: 'GET', headers: {}, limitBytes: 100 };
  const signal = AbortSignal.timeout(20_000);
  await expect(
    createHttpClient({ allow: ['127.0.0.0/8'] }).request({ ...request, signal }),
  ).rejects.toMatchObject({ code: 'ANSWER_BROKEN', message: /101/ });
});
