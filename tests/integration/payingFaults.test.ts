import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { type FauxqsServer, startFauxqs } from 'fauxqs';
import * as v from 'valibot';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { createHoldAllocator } from '#shared/billing/holdAllocator.ts';
import { settleCharge } from '#shared/billing/settleCharge.ts';
import { defineJob, kindsOf } from '#shared/jobs/kinds/defineJob.ts';
import { PermanentError } from '#shared/jobs/kinds/errors.ts';
import { systemIds } from '#shared/kernel/ports.ts';
import { createAccountStore } from '#shared/ledger/dynamo/accountStore.ts';
import { createEntryStore } from '#shared/ledger/dynamo/entryStore.ts';
import { createHoldStore } from '#shared/ledger/dynamo/holdStore.ts';
import { createLaneStore } from '#shared/ledger/dynamo/laneStore.ts';
import { ledgerClient } from '#shared/ledger/dynamo/ledgerItems.ts';
import { createLedgerReader } from '#shared/ledger/dynamo/ledgerReader.ts';
import { sweepLanes } from '#shared/ledger/read/projectEntries.ts';
import { expireHolds } from '#shared/ledger/write/expireHolds.ts';
import {
  type Fault,
  type Injector,
  isApart,
  isRead,
  MONEY_FAULTS,
  tellable,
} from '../support/faults.ts';
import { auditOf, startLedger, type TestLedger, UNIT } from '../support/ledger.ts';
import { createWorld, type Money } from '../support/world.ts';

const LANES = 2;
const ROUNDS_MAX = 40;
const EVERY = process.env['SHERATAN_EVERY_FAULT'] !== undefined;

const kinds = kindsOf([
  defineJob({
    kind: 'parent',
    payload: v.unknown(),
    retry: { baseSeconds: 5, jitter: 'none', maxAttempts: 9 },
    run: (_payload, { jobId, enqueue }) => {
      const part = (name: string, amount: number, kind = 'child') =>
        enqueue({ kind, id: `${jobId}-${name}`, cost: { from: 'parent', amount } });
      part('lives', 30);
      part('dies', 20, 'doomed');
      return Promise.resolve(1);
    },
  }),
  defineJob({
    kind: 'child',
    payload: v.unknown(),
    retry: { baseSeconds: 5, jitter: 'none', maxAttempts: 9 },
    run: () => Promise.resolve(1),
  }),
  defineJob({
    kind: 'doomed',
    payload: v.unknown(),
    retry: { baseSeconds: 5, jitter: 'none', maxAttempts: 9 },
    run: () => Promise.reject(new PermanentError('dies')),
  }),
]);

const agents = kindsOf([
  ...kinds.values(),
  defineJob({
    kind: 'agent',
    payload: v.unknown(),
    retry: { baseSeconds: 5, jitter: 'none', maxAttempts: 9 },
    run: (_payload, { call }) => {
      const ask = (kind: string, amount: number) =>
        call(
          kind,
          {},
          { name: `${kind} ${amount}`, envelope: { cost: { from: 'parent', amount } } },
        );
      return Promise.all(
        [ask('child', 25), ask('doomed', 10), ask('child', 21)].map((asked) =>
          asked.catch((error: { code: string }) => error.code),
        ),
      );
    },
  }),
]);

let test: TestLedger;
let server: FauxqsServer;
let n = 0;
let points = 0;

beforeAll(async () => {
  test = await startLedger(inject('dynamoEndpoint'), LANES);
  server = await startFauxqs({ port: 0, logger: false });
  server.createBucket('data');
});
afterAll(async () => {
  console.info(`${points} fault points of a paying job tried`);
  await server.stop();
});

/** The same ledger, by a client of its own that is struck. */
const struckMoney = (attach: Injector['attach']): Money => {
  const credentials = { accessKeyId: 'test', secretAccessKey: 'test' };
  const endpoint = inject('dynamoEndpoint');
  const client = ledgerClient(new DynamoDBClient({ region: 'us-east-1', endpoint, credentials }));
  attach(client);
  const options = { client, table: test.options.table };
  const [store, holds] = [createLaneStore(options), createHoldStore(options)];
  const accounts = createAccountStore(options, LANES);
  const ledger = () => test.another({ store, holds, accounts });
  const clock = { now: test.now };
  const [reader, entries] = [createLedgerReader(options), createEntryStore(options)];
  return {
    allocator: () => createHoldAllocator({ ledger: ledger(), clock, ids: systemIds }),
    settle: (charge) => settleCharge(charge, ledger()),
    tick: async () => {
      await expireHolds({ holds, ledger: ledger(), lanes: LANES }, clock);
      await sweepLanes(LANES, { store, reader, entries });
    },
  };
};

interface Paying {
  readonly kind: string;
  readonly cost: object;
  /** How each job ends, by what comes after the id of the first. */
  readonly ends: Readonly<Record<string, string>>;
  readonly result: string;
  /** What the payer has in the end, of 100. */
  readonly left: bigint;
}

const CASES: Readonly<Record<string, Paying>> = {
  // 50 for the job, 30 for one child; what was for the other went back.
  'sends children that it pays': {
    kind: 'parent',
    cost: { amount: 100 },
    ends: { '': 'COMPLETED', '-lives': 'COMPLETED', '-dies': 'DEAD' },
    result: '1',
    left: 20n,
  },
  // 5 for the job, 25 for what it called; what was for the other went back, and the rest.
  'calls jobs until its budget is used up': {
    kind: 'agent',
    cost: { amount: 5, budget: 40 },
    ends: { '': 'COMPLETED', '.child 25': 'COMPLETED', '.doomed 10': 'DEAD' },
    result: '[1,"PERMANENT","BUDGET_EXCEEDED"]',
    left: 70n,
  },
};

/** @returns what was called */
const play = async (
  { kind, cost, ends, result, left }: Paying,
  plan: (call: number) => Fault | undefined,
): Promise<readonly string[]> => {
  n += 1;
  const [payer, id] = [`payer${n}`, `job${n}`];
  await test.open({ [payer]: 100n });
  const dynamoEndpoint = inject('dynamoEndpoint');
  const options = { kinds: agents, dynamoEndpoint, server, plan, money: struckMoney };
  const world = await createWorld(options);
  try {
    await world.send({ kind, id, cost: { payer, ...cost } }, 'g');
    expect(await world.settle(ROUNDS_MAX), 'the mesh comes to rest').toBe(true);
    const jobs = await world.jobs();
    const found = jobs.map((job) => [job.id.slice(id.length), job.status]);
    expect(Object.fromEntries(found)).toEqual(ends);
    expect(jobs.find((job) => job.id === id)?.result).toBe(result);
    const { posted, held } = await test.ledger.balance({ unit: UNIT, account: payer });
    expect([posted, held]).toEqual([left, 0n]);
    return [...world.calls];
  } finally {
    await world.close();
  }
};

/** Killed after one call is killed before the next. Of reads every third is struck, by one fault. */
const faultsAt = (at: number, calls: readonly string[]): readonly Fault[] => {
  if (EVERY) return MONEY_FAULTS;
  if (!isApart(at, calls) || (isRead(calls[at] ?? '') && at % 3 > 0)) return [];
  const faults = tellable(calls[at], MONEY_FAULTS, at);
  const others = faults.filter((fault) => fault !== 'killed after');
  const turn = others[at % others.length];
  return faults.filter((fault) => fault === 'killed after' || fault === turn);
};

describe('whatever strikes a job that pays for others', () => {
  it.each(Object.entries(CASES))(
    'one that %s is paid once, and what was not used goes back once',
    async (_name, paying) => {
      const calls = await play(paying, () => undefined);
      for (let at = 0; at < calls.length; at += 1)
        for (const fault of faultsAt(at, calls))
          try {
            points += 1;
            await play(paying, (call) => (call === at ? fault : undefined));
          } catch (error) {
            throw new Error(`${fault} at call ${at} (${calls[at]})`, { cause: error });
          }
      expect((await auditOf(test)).problem).toBeUndefined();
    },
    600_000,
  );
});
