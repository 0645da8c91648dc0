/** How long a program or a command waits for a service that takes a request and does not answer. */
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { openCore } from '#client/core.ts';
import { OUTPUTS, QUEUE_OUTPUTS } from '#shared/contracts/outputs.ts';
import { MESH } from '#shared/contracts/version.ts';

/** Long enough to be told from a connection that is refused. */
const ANSWER_MS = 200;
/** Signs of life come in time on a slow machine, too. */
const PATIENT_MS = 3_000;
const SIGN_MS = 20;
const REQUESTS = /^(?:GET|PUT|POST) /gm;

let server: Server;
let core: ReturnType<typeof openCore>['core'];
let patient: typeof core;
let asked = 0;
/** What the server does once a request has begun. */
let behave: (socket: Socket) => unknown;
const sockets: Socket[] = [];

const silent = (): void => undefined;
/** As a bucket that still takes a body: bytes move until the wait for an answer would be over. */
const slow = (socket: Socket): void => {
  const began = performance.now();
  const timer = setInterval(() => {
    if (performance.now() - began < 1.5 * PATIENT_MS) {
      socket.write('HTTP/1.1 102 Processing\r\n\r\n');
      return;
    }
    clearInterval(timer);
    socket.end('HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n');
  }, SIGN_MS);
};

beforeAll(async () => {
  server = createServer((socket) => {
    sockets.push(socket);
    socket.on('data', (bytes: Buffer) => {
      const requests = bytes.toString('latin1').match(REQUESTS)?.length ?? 0;
      asked += requests;
      if (requests > 0) behave(socket);
    });
    socket.on('error', () => undefined);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const names = [...Object.values(OUTPUTS), ...Object.values(QUEUE_OUTPUTS)];
  const outputs = names.filter((name) => name !== OUTPUTS.pools).map((name) => [name, url]);
  const target = {
    label: 'a silent deployment',
    region: 'us-east-1',
    endpoints: { sqs: url, s3: url, dynamodb: url },
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
    outputs: {
      ...Object.fromEntries(outputs),
      [OUTPUTS.dataBucket]: 'data',
      [OUTPUTS.version]: String(MESH.version),
      [OUTPUTS.leastClient]: String(MESH.version),
    },
  };
  ({ core } = openCore(target, ANSWER_MS));
  ({ core: patient } = openCore(target, PATIENT_MS));
});
afterAll(() => {
  for (const each of [core, patient]) each.close();
  for (const socket of sockets) socket.destroy();
  server.close();
});

it.each([
  ['a table', () => core.store.get('a')],
  ['a queue', () => core.visibility.release({ queueUrl: core.queueUrls.low, handle: 'r' })],
  ['the bucket', () => core.blobs.get('payloads/a')],
] as const)('%s that says nothing is an error, after it was asked again', async (_what, ask) => {
  asked = 0;
  behave = silent;
  await expect(ask()).rejects.toMatchObject({ name: 'TimeoutError' });
  expect(asked).toBeGreaterThan(1);
});

it('a bucket may take longer for a body, as long as bytes move', async () => {
  asked = 0;
  behave = slow;
  await expect(patient.blobs.put('payloads/a', 'large')).resolves.toBeUndefined();
  expect(asked).toBe(1);
});
