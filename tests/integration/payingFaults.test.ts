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
import { type Fault, type Injector, MONEY_FAULTS, tellable } from '../support/faults.ts';
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

/** @returns what was called */
const play = async (plan: (call: number) => Fault | undefined): Promise<readonly string[]> => {
  n += 1;
  const [payer, id] = [`payer${n}`, `job${n}`];
  await test.open({ [payer]: 100n });
  const dynamoEndpoint = inject('dynamoEndpoint');
  const world = await createWorld({ kinds, dynamoEndpoint, server, plan, money: struckMoney });
  try {
    await world.send({ kind: 'parent', id, cost: { payer, amount: 100 } }, 'g');
    expect(await world.settle(ROUNDS_MAX), 'the mesh comes to rest').toBe(true);
    const ends = Object.fromEntries((await world.jobs()).map((job) => [job.id, job.status]));
    expect(ends).toEqual({
      [id]: 'COMPLETED',
      [`${id}-lives`]: 'COMPLETED',
      [`${id}-dies`]: 'DEAD',
    });
    // 50 for the job, 30 for one child; what was for the other went back.
    const { posted, held } = await test.ledger.balance({ unit: UNIT, account: payer });
    expect([posted, held]).toEqual([20n, 0n]);
    return [...world.calls];
  } finally {
    await world.close();
  }
};

/** Killed after one call is killed before the next. */
const faultsAt = (call: number, name: string | undefined): readonly Fault[] => {
  if (EVERY) return MONEY_FAULTS;
  const faults = tellable(name, MONEY_FAULTS);
  const others = faults.filter((fault) => fault !== 'killed after');
  const turn = others[call % others.length];
  return faults.filter((fault) => fault === 'killed after' || fault === turn);
};

describe('whatever strikes a job that pays for its children', () => {
  it('is paid once, and what failed goes back once', async () => {
    const calls = await play(() => undefined);
    for (let at = 0; at < calls.length; at += 1)
      for (const fault of faultsAt(at, calls[at]))
        try {
          points += 1;
          await play((call) => (call === at ? fault : undefined));
        } catch (error) {
          throw new Error(`${fault} at call ${at} (${calls[at]})`, { cause: error });
        }
    expect((await auditOf(test)).problem).toBeUndefined();
  }, 600_000);
});
