/** What the doctor is told of functions, rules and metrics, through AWS's own clients. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, afterEach, beforeAll, expect, it, vi } from 'vitest';
import { type Machinery, openMachinery } from '#client/machinery.ts';
import { answerOfMachines, type Machines, operationOf } from '../support/machines.ts';

const ARN = 'arn:aws:lambda:us-east-1:1:function:sheratan-dev';
const machines: Machines = {
  reserved: new Map(),
  functions: new Set(['sheratan-dev-worker:live', 'sheratan-dev-relay']),
  rules: new Map([['Sheratan-dev-Minute', { State: 'ENABLED', targets: [`${ARN}-timekeeper`] }]]),
  metrics: new Map(),
};
const ACCOUNT_LIMIT = 10;
const made: { destroy(): void }[] = [];
let machinery: Machinery;

const server = createServer(async (request, response) => {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(Buffer.from(chunk));
  const body = Buffer.concat(chunks);
  const answer = answerOfMachines(operationOf(request, body), request, body, machines);
  const { status, headers, body: text } = answer ?? { status: 404, headers: {}, body: '' };
  response.writeHead(status, headers).end(text);
});

beforeAll(async () => {
  vi.stubEnv('AWS_ACCESS_KEY_ID', 'test');
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'test');
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  machinery = openMachinery(
    { region: 'us-east-1', endpoint },
    { stackName: 'Sheratan-dev' },
    (client) => {
      made.push(client);
      return client;
    },
  );
});
afterEach(() => {
  machines.metrics.clear();
  machines.concurrentExecutions = undefined;
});
afterAll(async () => {
  vi.unstubAllEnvs();
  for (const each of made) each.destroy();
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

it('tells a function and its alias from those that are gone', async () => {
  const names = ['worker:live', 'worker:gone', 'relay', 'nobody'];
  const found = await machinery.functions(names.map((name) => `${ARN}-${name}`));
  expect(found.map(({ arn, state }) => [arn, state])).toEqual([
    [`${ARN}-worker:live`, 'Active'],
    [`${ARN}-worker:gone`, undefined],
    [`${ARN}-relay`, 'Active'],
    [`${ARN}-nobody`, undefined],
  ]);
});

it('tells the rules of the stack, with where they lead', async () => {
  expect(await machinery.rules()).toEqual([
    { name: 'Sheratan-dev-Minute', state: 'ENABLED', targets: [`${ARN}-timekeeper`] },
  ]);
});

it('tells how many executions the account has', async () => {
  machines.concurrentExecutions = ACCOUNT_LIMIT;
  expect(await machinery.quota()).toEqual({
    known: true,
    limit: ACCOUNT_LIMIT,
    unreserved: ACCOUNT_LIMIT,
  });
});

it('says of a server that does not know the operation that it does not tell', async () => {
  expect(await machinery.quota()).toEqual({
    known: false,
    reason: 'it does not know GetAccountSettings',
  });
});

it('tells how old a message is only of queues in which some wait to be received', async () => {
  for (const [queue, waiting] of [
    ['taken', 0],
    ['stuck', 2],
  ] as const) {
    machines.metrics.set(`${queue}/ApproximateAgeOfOldestMessage`, 500);
    machines.metrics.set(`${queue}/ApproximateNumberOfMessagesVisible`, waiting);
  }
  const ages = await machinery.ages(['taken', 'stuck', 'silent'], Date.now());
  expect(Object.fromEntries(ages)).toEqual({ taken: 0, stuck: 500, silent: 0 });
});
