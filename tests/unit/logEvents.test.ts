import { createHash, createHmac } from 'node:crypto';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { logsOfJob } from '#cli/console/jobLogs.ts';
import type { Deployment } from '#client/deployment.ts';
import { type LogEvents, openLogEvents } from '#client/logEvents.ts';

interface Asked {
  readonly headers: IncomingMessage['headers'];
  readonly input: Readonly<Record<string, unknown>>;
  readonly body: string;
}

/** What CloudWatch Logs answers, one after another; then empty pages. */
let answers: (readonly [number, object])[] = [];
let asked: Asked[] = [];
let server: Server;
let logs: LogEvents;
const clients: { destroy(): void }[] = [];

beforeAll(async () => {
  server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const body = Buffer.concat(chunks).toString();
      const input = JSON.parse(body) as Asked['input'];
      asked.push({ headers: request.headers, input, body });
      const [status, answer] = answers.shift() ?? [200, { events: [] }];
      response.writeHead(status).end(JSON.stringify(answer));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const access = {
    ...{ region: 'eu-central-1', endpoint: `http://127.0.0.1:${port}` },
    credentials: { accessKeyId: 'AKID', secretAccessKey: 'secret' },
  };
  logs = openLogEvents(access, (client) => {
    clients.push(client);
    return client;
  });
});
beforeEach(() => {
  answers = [];
  asked = [];
});
afterAll(() => {
  for (const client of clients) client.destroy();
  server.close();
});

const question = { group: '/sheratan/w', pattern: '?"r1"', from: 1, until: 9, limit: 3 };
const event = (timestamp: number) => ({ timestamp, message: `line ${timestamp}\n` });
const denied = {
  __type: 'AccessDeniedException',
  message: 'User: u is not authorized to perform: logs:FilterLogEvents on resource: g',
};

const hex = (text: string): string => createHash('sha256').update(text).digest('hex');
const hmac = (key: string | Buffer, text: string): Buffer =>
  createHmac('sha256', key).update(text).digest();

/** The signature that AWS expects (Signature Version 4) of a request with the headers that it names. */
const signatureOf = ({ headers, body }: Asked): string => {
  const [, scope = '', names = ''] =
    /Credential=AKID\/([^,]+), SignedHeaders=([^,]+)/.exec(headers.authorization ?? '') ?? [];
  const lines = names.split(';').map((name) => `${name}:${String(headers[name])}\n`);
  const canonical = ['POST', '/', '', lines.join(''), names, hex(body)].join('\n');
  const at = String(headers['x-amz-date']);
  const key = scope.split('/').reduce<string | Buffer>(hmac, 'AWS4secret');
  return hmac(key, ['AWS4-HMAC-SHA256', at, scope, hex(canonical)].join('\n')).toString('hex');
};

describe('log lines from CloudWatch', () => {
  it('are asked for by a signed call, and go on after an empty page', async () => {
    answers = [
      [200, { events: [], nextToken: 'a' }],
      [200, { events: [event(5), event(6)], nextToken: 'b' }],
      [200, { events: [event(7), event(8)], nextToken: 'c' }],
    ];
    expect(await logs.find(question)).toEqual([5, 6, 7].map((at) => ({ at, text: `line ${at}` })));
    const [first, second] = asked;
    expect(asked).toHaveLength(3);
    for (const each of asked)
      expect(each.headers.authorization).toContain(`Signature=${signatureOf(each)}`);
    expect(first?.headers).toMatchObject({
      'x-amz-target': 'Logs_20140328.FilterLogEvents',
      authorization: expect.stringMatching(
        /^AWS4-HMAC-SHA256 Credential=AKID\/\d{8}\/eu-central-1\/logs\/aws4_request, SignedHeaders=[\w;-]*host[\w;-]*, Signature=[0-9a-f]{64}$/,
      ),
    });
    const input = { logGroupName: '/sheratan/w', filterPattern: '?"r1"', startTime: 1, endTime: 9 };
    expect(first?.input).toEqual({ ...input, limit: 3 });
    expect(second?.input).toEqual({ ...input, limit: 3, nextToken: 'a' });
  });

  it('are asked for again after a fault that passes, and not after a refusal', async () => {
    answers = [
      [400, { __type: 'ThrottlingException' }],
      [500, {}],
      [200, { events: [event(5)] }],
    ];
    expect(await logs.find(question)).toHaveLength(1);
    answers = [[400, denied]];
    await expect(logs.find(question)).rejects.toMatchObject({ name: 'AccessDeniedException' });
    expect(asked).toHaveLength(4);
  });

  it('are none where the log group is not there', async () => {
    answers = [[400, { __type: 'com.amazonaws.logs#ResourceNotFoundException' }]];
    expect(await logs.find(question)).toEqual([]);
  });

  it('come to the page of a job from all its log groups, or the page names the right', async () => {
    const history = [{ at: 1, event: 'claimed', by: 'r1' }];
    const record = { kind: 'pdf', createdAt: 1, updatedAt: 2, history };
    const store = { get: () => Promise.resolve(record) };
    const deployment = { store, pools: { heavy: ['pdf'] }, logEvents: logs };
    const ask = () =>
      logsOfJob(deployment as unknown as Deployment, 'dev', undefined)(new URLSearchParams('id=a'));
    answers = [
      [200, { events: [event(6)] }],
      [200, { events: [event(5)] }],
    ];
    expect(await ask()).toMatchObject({
      lines: [
        { at: 5, text: 'line 5' },
        { at: 6, text: 'line 6' },
      ],
    });
    expect(new Set(asked.map(({ input }) => input['logGroupName']))).toEqual(
      new Set(['/sheratan/sheratan-dev-worker-heavy', '/sheratan/sheratan-dev-worker']),
    );
    answers = [
      [400, denied],
      [400, denied],
    ];
    expect(await ask()).toMatchObject({
      command: expect.stringContaining('aws logs filter-log-events'),
      fault: expect.stringContaining('lacks a right: logs:FilterLogEvents'),
    });
  });
});
