import { once } from 'node:events';
import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createHttpClient } from '#shared/jobs/http/httpClient.ts';

type Answer = (response: ServerResponse) => void;

const plain: Answer = (response) => response.writeHead(200, { 'x-a': ['1', '2'] }).end('hello ✓');
const ANSWERS: Readonly<Record<string, Answer>> = {
  '/redirect': (response) => response.writeHead(302, { location: '/secret' }).end(),
  '/large': (response) => response.end('x'.repeat(100_000)),
  '/hangup': (response) => response.socket?.destroy(),
  '/half': (response) => {
    response.writeHead(200, { 'content-length': '100' });
    response.write('part', () => response.socket?.destroy());
  },
  '/slow': (response) => response.write('first'),
  '/silent': () => undefined,
};

let server: Server;
let base: string;
const hits: { url: string; method: string; headers: object; body: string }[] = [];

beforeAll(async () => {
  server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const { url = '', method = '', headers } = request;
      hits.push({ url, method, headers, body: Buffer.concat(chunks).toString() });
      (ANSWERS[url] ?? plain)(response);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
});

const open = createHttpClient({ allow: ['127.0.0.0/8'] });
const request = (url: string, over: object = {}) =>
  open.request({
    url,
    method: 'GET',
    headers: {},
    signal: new AbortController().signal,
    limitBytes: 1_000,
    ...over,
  });

describe('a request', () => {
  it('sends method, headers and body, and brings status, headers and body back', async () => {
    const answer = await request(`${base}/ok`, {
      method: 'POST',
      headers: { 'x-b': 'b' },
      body: '{"a":1}',
    });
    expect(answer).toMatchObject({
      status: 200,
      body: 'hello ✓',
      truncated: false,
      headers: { 'x-a': '1, 2' },
    });
    expect(hits.at(-1)).toMatchObject({
      url: '/ok',
      method: 'POST',
      headers: { 'x-b': 'b' },
      body: '{"a":1}',
    });
  });

  it('follows no redirect', async () => {
    expect(await request(`${base}/redirect`)).toMatchObject({
      status: 302,
      headers: { location: '/secret' },
    });
    expect(hits.map(({ url }) => url)).not.toContain('/secret');
  });

  it('keeps no more of an answer than asked for', async () => {
    const answer = await request(`${base}/large`);
    expect(answer.body).toHaveLength(1_000);
    expect(answer.truncated).toBe(true);
  });

  it.each(['/hangup', '/half'])('that breaks off is worth another try (%s)', async (path) => {
    await expect(request(base + path)).rejects.toMatchObject({
      name: 'RetryableError',
      code: 'ANSWER_BROKEN',
    });
  });

  it('to a closed port is worth another try', async () => {
    const closing = createServer().listen(0, '127.0.0.1');
    await once(closing, 'listening');
    const { port } = closing.address() as AddressInfo;
    closing.close();
    await once(closing, 'close');
    await expect(request(`http://127.0.0.1:${port}/`)).rejects.toMatchObject({
      name: 'RetryableError',
      code: 'CONNECT_FAILED',
    });
  });

  it.each(['/silent', '/slow'])(
    'ends when its signal says so, with the signal’s reason (%s)',
    async (path) => {
      const control = new AbortController();
      const reason = new Error('enough');
      const pending = request(base + path, { signal: control.signal });
      await expect.poll(() => hits.at(-1)?.url).toBe(path);
      control.abort(reason);
      await expect(pending).rejects.toBe(reason);
    },
  );

  it.each([
    ['ftp://example.org/', /http/],
    ['file:///etc/passwd', /http/],
    ['http://user:secret@example.org/', /credentials/],
    ['nonsense', /not a URL/],
  ])('to %s is never worth a try', async (url, message) => {
    await expect(request(url)).rejects.toMatchObject({
      name: 'PermanentError',
      code: 'URL_INVALID',
      message: expect.stringMatching(message),
    });
  });
});

describe('a forbidden address', () => {
  const guarded = (address: string, allow: readonly string[] = []) =>
    createHttpClient({
      allow,
      resolve: () => Promise.resolve([{ address, family: address.includes(':') ? 6 : 4 }]),
    });
  const get = (client: ReturnType<typeof createHttpClient>, url: string) =>
    client.request({
      url,
      method: 'GET',
      headers: {},
      signal: new AbortController().signal,
      limitBytes: 10,
    });
  const forbidden = { name: 'PermanentError', code: 'ADDRESS_FORBIDDEN' };

  it.each([
    'http://127.0.0.1/',
    'http://[::1]/',
    'http://169.254.169.254/latest/meta-data',
    'http://[::ffff:10.0.0.1]/',
    'http://2130706433/',
    'http://0x7f.1/',
  ])('is refused when the URL says it: %s', async (url) => {
    await expect(get(createHttpClient({ allow: [] }), url)).rejects.toMatchObject(forbidden);
  });

  it.each(['127.0.0.1', '10.0.0.1', '169.254.169.254', '::1', 'fd00:ec2::254'])(
    'is refused when a name resolves to it: %s',
    async (address) => {
      await expect(get(guarded(address), 'http://harmless.example/')).rejects.toMatchObject(
        forbidden,
      );
    },
  );

  it('is not reached by a name that changes its mind: the checked address is the connected one', async () => {
    let asked = 0;
    const client = createHttpClient({
      allow: [],
      resolve: () => {
        asked += 1;
        return Promise.resolve([{ address: asked === 1 ? '127.0.0.1' : '1.1.1.1', family: 4 }]);
      },
    });
    await expect(
      get(client, `${base.replace('127.0.0.1', 'rebinding.example')}/ok`),
    ).rejects.toMatchObject(forbidden);
    expect(asked).toBe(1);
  });

  it('among several of a name forbids the name', async () => {
    const { port } = new URL(base);
    const client = createHttpClient({
      allow: ['127.0.0.0/8'],
      resolve: () =>
        Promise.resolve([
          { address: '127.0.0.1', family: 4 },
          { address: '10.0.0.1', family: 4 },
        ]),
    });
    await expect(get(client, `http://mixed.example:${port}/ok`)).rejects.toMatchObject(forbidden);
  });
});
