/** A service that takes a request and never answers does not hold a program or a command for ever. */
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { openCore } from '#client/core.ts';
import { OUTPUTS, QUEUE_OUTPUTS } from '#shared/contracts/outputs.ts';
import { MESH } from '#shared/contracts/version.ts';

/** Long enough to be told from a connection that is refused. */
const ANSWER_MS = 200;

let server: Server;
let core: ReturnType<typeof openCore>['core'];
let asked = 0;
const sockets: Socket[] = [];

beforeAll(async () => {
  server = createServer((socket) => {
    sockets.push(socket);
    socket.on('data', () => {
      asked += 1;
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
});
afterAll(() => {
  core.close();
  for (const socket of sockets) socket.destroy();
  server.close();
});

it.each([
  ['a table', () => core.store.get('a')],
  ['a queue', () => core.visibility.release({ queueUrl: core.queueUrls.low, handle: 'r' })],
  ['the bucket', () => core.blobs.get('payloads/a')],
] as const)('%s that says nothing is an error, after it was asked again', async (_what, ask) => {
  asked = 0;
  await expect(ask()).rejects.toMatchObject({ name: 'TimeoutError' });
  expect(asked).toBeGreaterThan(1);
});
