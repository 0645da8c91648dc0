/** The example's agent on a real ledger: its workers are lost, its budget ends. */
import { readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { json } from 'node:stream/consumers';
import * as v from 'valibot';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { chargeOf } from '#shared/billing/charge.ts';
import type { HoldAllocator } from '#shared/billing/ports.ts';
import { settleCharge } from '#shared/billing/settleCharge.ts';
import { createSignalStore } from '#shared/jobs/dynamo/signalStore.ts';
import { defineJob, kindsOf } from '#shared/jobs/kinds/defineJob.ts';
import type { JobStore } from '#shared/jobs/ports/jobs.ts';
import { isTerminal } from '#shared/jobs/record/record.ts';
import { agent } from '../../examples/agent/agent.ts';
import { type TestLedger, UNIT } from '../support/ledger.ts';
import { endPaying, startPaying } from '../support/paying.ts';
import type { TestWorker } from '../support/worker.ts';

/** A job of a chain of the original system, as that wrote it. */
const FILE = 'tests/fixtures/legacy/webrelay_out/6eebf87a-2e8e-40af-a6d5-83d0ef1f4ef3.job.json';
const { payload: CHAIN } = JSON.parse(readFileSync(FILE, 'utf8')) as { payload: object };
/** Longer than a lease. */
const LEASE_OVER_MS = 120_000;

const uses = (id: string, name: string) => ({
  tool_calls: [{ id, function: { name, arguments: '{"path":"PLAN.md"}' } }],
});
const TURNS = [uses('c1', 'list_files'), uses('c2', 'write_file'), { content: 'done' }];

const tool = (kind: string) =>
  defineJob({ kind, payload: v.unknown(), run: () => Promise.resolve(`${kind} says so`) });

let model: Server;
/** How often the model was asked for each turn. */
let asked: number[];
let test: TestLedger;
let worker: TestWorker;
let allocator: HoldAllocator;

beforeEach(async () => {
  asked = [0, 0, 0];
  model = createServer(async (request, response) => {
    const { messages } = (await json(request)) as { messages: { role: string }[] };
    const turn = messages.filter(({ role }) => role === 'tool').length;
    asked[turn] = (asked[turn] ?? 0) + 1;
    const message = { role: 'assistant', content: null, ...TURNS[turn] };
    response.end(JSON.stringify({ choices: [{ message }] }));
  }).listen(0, '127.0.0.1');
  const kinds = kindsOf([agent, tool('list_files'), tool('write_file')]);
  ({ test, worker, allocator } = await startPaying(kinds));
  await test.open({ agents: 100n });
});
afterEach(async () => {
  model.close();
  await endPaying(test, worker);
});

const send = (budget: number) => {
  const url = `http://127.0.0.1:${(model.address() as AddressInfo).port}/v1/chat/completions`;
  const payload = { ...CHAIN, model: url, toolPrice: 5 };
  const cost = { payer: 'agents', amount: 1, budget };
  return worker.send({ kind: 'agent_plan', id: 'a', payload, cost }, 'a');
};
const rowOf = (id: string) => worker.store.get(id);
const approve = async (): Promise<void> => {
  const name = 'approve c2';
  const signal = { name, id: 'x', data: '{"by":"ada"}', at: worker.clock.now(), by: 'ada' };
  await createSignalStore(worker.table, worker.store).send('a', signal);
};
/** The worker of the next run does all its work, and is lost before it can say so. */
const loseOne = async (): Promise<void> => {
  const store: JobStore = {
    ...worker.store,
    transition: () => Promise.reject(new Error('the worker is gone')),
  };
  await worker.step({ allocator, store });
  worker.clock.advance(LEASE_OVER_MS);
  await worker.ripen();
};
const relay = async (): Promise<void> => {
  const row = await rowOf('a');
  if (row?.status === 'WAITING') await worker.tell({ calling: [row] });
  await worker.drain({ allocator });
  await worker.relay('a.tool c1', 'a.tool c2');
};
/** @param lost whether each run is done by two workers, of which the first is lost */
const play = async (lost: boolean): Promise<void> => {
  for (let rounds = 0; rounds < 9; rounds += 1) {
    if (lost) await loseOne();
    await worker.drain({ allocator });
    if (isTerminal((await rowOf('a'))?.status)) return;
    await relay();
  }
};
const settled = async () => {
  for (const id of ['a', 'a.tool c1', 'a.tool c2']) {
    const row = await rowOf(id);
    const charge = row && chargeOf(row);
    if (charge) expect((await settleCharge(charge, test.ledger)).code).toBe('exists');
  }
  const { posted, held } = await test.ledger.balance({ unit: UNIT, account: 'agents' });
  return [posted, held];
};

it('an agent whose worker is lost in every run asks the model nothing twice, and is paid once', async () => {
  await send(20);
  await approve();
  await play(true);
  expect(await rowOf('a')).toMatchObject({
    status: 'COMPLETED',
    result: '{"answer":"done","turns":3}',
  });
  expect(asked).toEqual([1, 1, 1]);
  expect(await settled()).toEqual([89n, 0n]);
});

it('an agent stops when its budget in the ledger is used up', async () => {
  await send(7);
  await approve();
  await play(false);
  expect(await rowOf('a')).toMatchObject({
    status: 'DEAD',
    error: { message: 'the budget is used up' },
  });
  expect(await rowOf('a.tool c2')).toBeUndefined();
  expect(asked).toEqual([1, 1, 0]);
  expect(await settled()).toEqual([95n, 0n]);
});
