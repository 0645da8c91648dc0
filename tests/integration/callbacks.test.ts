import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { callbackDelaySeconds, reportEnd } from '#shared/jobs/callbacks/deliver.ts';
import { createDeliveryLog } from '#shared/jobs/dynamo/deliveryLog.ts';
import { createHttpClient } from '#shared/jobs/http/httpClient.ts';
import { kindsOf } from '#shared/jobs/kinds/defineJob.ts';
import { echo } from '#shared/jobs/kinds/echo.ts';
import { startWorker, type TestWorker } from '../support/worker.ts';

type Answer = (response: ServerResponse) => void;

let worker: TestWorker;
let answer: Answer;
const server = createServer((request, response) => {
  request.resume().on('end', () => answer(response));
});

beforeAll(async () => {
  worker = await startWorker(inject('dynamoEndpoint'), kindsOf([echo]));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
});
afterAll(async () => {
  server.closeAllConnections();
  server.close();
  await worker.stop();
});

const random = { next: () => 0 };
/** What becomes of one try to deliver the end of a job, and what its log says. */
const deliver = async (as: Answer) => {
  answer = as;
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  const id = await worker.send({ kind: 'echo', payload: 1, callback: { url } });
  await worker.drain();
  const log = createDeliveryLog(worker.table);
  const deps = { ...worker.deps, log, random, http: createHttpClient({ allow: ['127.0.0.0/8'] }) };
  const secrets = { callback: () => Promise.resolve(['whsec_Y2FsbGJhY2tzIGNhbGxiYWNrcyBjYWxs']) };
  const announced = { id, generation: 0 };
  const reported = await reportEnd(announced, worker.clock.now(), 1, { ...deps, secrets });
  const { state, tries = [] } = (await log.get(id)) ?? expect.unreachable();
  return { reported, state, detail: tries.at(-1)?.detail };
};
const status =
  (code: number, headers: Record<string, string> = {}): Answer =>
  (response) =>
    response.writeHead(code, headers).end();
const FIRST = callbackDelaySeconds(0, random);

describe('a callback', () => {
  it.each<[string, Answer]>([
    ['never ends', (response) => response.writeHead(200).write('{')],
    [
      'drips',
      (response) => {
        response.writeHead(202);
        const timer = setInterval(() => response.write('.'), 20);
        response.on('close', () => clearInterval(timer));
      },
    ],
    [
      'breaks off',
      (response) => {
        response.writeHead(200, { 'content-length': '100' });
        response.write('part', () => response.socket?.destroy());
      },
    ],
    ['is large', (response) => response.writeHead(200).end('x'.repeat(1_000_000))],
  ])('whose 200 has come is delivered, though its body %s', async (_what, as) => {
    expect(await deliver(as)).toMatchObject({ reported: { kind: 'done' }, state: 'DELIVERED' });
  });

  it('that is gone (410) is given up at once', async () => {
    expect(await deliver(status(410, { 'retry-after': '1' }))).toEqual({
      reported: { kind: 'given_up' },
      state: 'FAILED',
      detail: 'HTTP 410 (gone: it wants no more)',
    });
  });

  it.each([
    [503, '120.5', 121],
    [429, '3600', 3_600],
    [503, '-5', FIRST],
    [503, '1', FIRST],
    [503, 'soon', FIRST],
    [500, '999999', 42_000],
  ])('that %i puts off by %s is tried again after %i s', async (code, after, seconds) => {
    expect(await deliver(status(code, { 'retry-after': after }))).toMatchObject({
      reported: { kind: 'again', seconds },
      state: 'PENDING',
    });
  });
});
