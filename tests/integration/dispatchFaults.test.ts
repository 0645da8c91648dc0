import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { type FauxqsServer, startFauxqs } from 'fauxqs';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { createHostCall } from '#shared/hosts/http/call.ts';
import { holdIdOf } from '#shared/jobs/cost.ts';
import { kindsOf } from '#shared/jobs/defineJob.ts';
import { RetryableError } from '#shared/jobs/errors.ts';
import { createHttpClient } from '#shared/jobs/http/client.ts';
import { dispatch } from '#shared/jobs/kinds/dispatch.ts';
import type { HttpClient } from '#shared/jobs/ports.ts';
import type { JobRecord } from '#shared/jobs/record.ts';
import { type Clock, systemIds } from '#shared/kernel/ports.ts';
import { chargeOf } from '#shared/ledger/charges.ts';
import { createPurse } from '#shared/ledger/purse.ts';
import { settleCharge } from '#shared/ledger/settle.ts';
import { FAULTS, type Fault, Injected, type Injector } from '../support/faults.ts';
import { startTestHost, type TestHost } from '../support/host.ts';
import { auditOf, startLedger, type TestLedger, UNIT } from '../support/ledger.ts';
import { SECRET, startMesh, type TestMesh } from '../support/mesh.ts';
import { createWorld, type World } from '../support/world.ts';

const PRICE = 40n;
const FUNDS = 1_000n;
const CONCURRENCY = 2;
/** Marks a host's clock: leases of a round are over by then. */
const DAY_MS = 86_400_000;

let server: FauxqsServer;
let offset = 0;
const clock: Clock = { now: () => Date.now() + offset };

beforeAll(async () => {
  server = await startFauxqs({ port: 0, logger: false });
  server.createBucket('data');
});
afterAll(() => server.stop());

/** What a fault of the network looks like from here. */
const struckHttp = (injector: Injector): HttpClient => {
  const real = createHttpClient({ allow: ['127.0.0.0/8'] });
  return {
    request: async (request) => {
      try {
        return await injector.call('run', () => real.request(request));
      } catch (error) {
        if (!(error instanceof Injected)) throw error;
        if (error.name === 'ThrottlingException')
          return { status: 503, headers: {}, body: '', truncated: false };
        if (error.name === 'TransactionConflictException')
          return { status: 500, headers: {}, body: '', truncated: false };
        throw new RetryableError(error.message, { code: 'ANSWER_BROKEN' });
      }
    },
  };
};

interface Stage {
  readonly ledger: TestLedger;
  readonly mesh: TestMesh;
  readonly hosts: readonly TestHost[];
  readonly world: World;
  /** Ends that were to be settled, as often as they were. */
  readonly charged: readonly JobRecord[];
}

const struckClient = (injector: Injector): DynamoDBDocumentClient => {
  const client = DynamoDBDocumentClient.from(
    new DynamoDBClient({
      region: 'us-east-1',
      endpoint: inject('dynamoEndpoint'),
      credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
    }),
    { marshallOptions: { removeUndefinedValues: true } },
  );
  injector.attach(client);
  return client;
};

const prepare = async (
  hostCount: number,
  plan: (call: number) => Fault | undefined,
): Promise<Stage> => {
  offset = 0;
  const ledger = await startLedger(inject('dynamoEndpoint'));
  await ledger.open({ alice: FUNDS });
  const mesh = await startMesh(inject('dynamoEndpoint'), clock);
  const hosts: TestHost[] = [];
  for (let n = 0; n < hostCount; n += 1) {
    const host = await startTestHost();
    hosts.push(host);
    const capabilities = [{ kind: 'render', price: Number(PRICE) }];
    await mesh.add(`h${n}`, host.endpoint, { capabilities, concurrency: CONCURRENCY });
  }
  const charged: JobRecord[] = [];
  const world = await createWorld({
    kinds: kindsOf([dispatch]),
    ...{ dynamoEndpoint: inject('dynamoEndpoint'), server, plan },
    charges: { send: async (ended) => void charged.push(...ended) },
    equip: (injector, time) => {
      const secrets = { current: () => Promise.resolve([SECRET]) };
      return {
        hosts: mesh.another({
          ...mesh.partsOn(struckClient(injector)),
          call: createHostCall({ http: struckHttp(injector), secrets, clock: time }),
          probes: { send: (of) => injector.call('suspect', async () => void of.length) },
        }),
        purse: createPurse({ ledger: ledger.ledger, clock: time, ids: systemIds }, holdIdOf),
      };
    },
  });
  return { ledger, mesh, hosts, world, charged };
};

const standing = async ({ ledger }: Stage, account: string) => {
  const { posted, held } = await ledger.ledger.balance({ unit: UNIT, account });
  return { posted, held };
};

/** Paid once, by the one who ran it; nothing is held any more, and nothing came from nowhere. */
const expectPaid = async (stage: Stage, jobs: readonly JobRecord[]): Promise<void> => {
  const { ledger, charged } = stage;
  for (const record of [...charged, ...charged]) {
    const charge = chargeOf(record);
    if (charge) await settleCharge(charge, ledger.ledger);
  }
  const spent = PRICE * BigInt(jobs.length);
  expect(await standing(stage, 'alice')).toEqual({ posted: FUNDS - spent, held: 0n });
  const earned = new Map<string, bigint>();
  for (const { settlement } of jobs) {
    const { payee = '', marginPpm = 0 } = settlement ?? {};
    const share = (PRICE * BigInt(1_000_000 - marginPpm)) / 1_000_000n;
    earned.set(payee, (earned.get(payee) ?? 0n) + share);
  }
  for (const [payee, amount] of earned)
    expect((await standing(stage, payee)).posted, payee).toBe(amount);
  expect((await auditOf(ledger)).problem).toBeUndefined();
};

/** When all leases are over, each host has all its slots. */
const expectSlots = async ({ mesh, hosts }: Stage): Promise<void> => {
  offset = DAY_MS;
  const { slots } = mesh.partsOn(mesh.options.client);
  for (const index of hosts.keys())
    for (let n = 0; n < CONCURRENCY; n += 1) {
      const slot = { jobId: `probe-${n}`, token: 'probe', until: clock.now() + 60_000 };
      expect((await slots.take(`h${index}`, slot, CONCURRENCY)).taken, `slot ${n}`).toBe(true);
    }
};

const ROUNDS_MAX = 40;

/** @returns what was called */
const play = async (
  hostCount: number,
  ids: readonly string[],
  plan: (call: number) => Fault | undefined,
): Promise<readonly string[]> => {
  const stage = await prepare(hostCount, plan);
  const { world, hosts } = stage;
  try {
    for (const id of ids) {
      const payload = { kind: 'render', input: id };
      const cost = { payer: 'alice', amount: 100 };
      await world.send({ kind: 'mesh.dispatch', id, payload, cost }, id);
    }
    expect(await world.settle(ROUNDS_MAX), 'the mesh comes to rest').toBe(true);
    const jobs = await world.jobs();
    expect(jobs.map(({ id, status }) => `${id} ${status}`).sort()).toEqual(
      ids.map((id) => `${id} COMPLETED`),
    );
    for (const { id, history, result } of jobs) {
      expect(
        history.filter(({ event }) => event === 'completed'),
        id,
      ).toHaveLength(1);
      expect(JSON.parse(result ?? '')).toEqual({ kind: 'render', input: id });
    }
    for (const host of hosts) expect(new Set(host.ran).size, 'ran once').toBe(host.ran.length);
    if (hostCount === 1) expect([...(hosts[0]?.ran ?? [])].sort()).toEqual(ids);
    await expectPaid(stage, jobs);
    await expectSlots(stage);
    return [...world.calls];
  } finally {
    await Promise.all([world.close(), ...hosts.map((host) => host.stop())]);
  }
};

let points = 0;

describe('a job for the mesh, whatever strikes at any one call,', () => {
  it.each([
    ['with one host', 1, ['a']],
    ['with two hosts and two jobs', 2, ['a', 'b']],
  ] as const)(
    '%s is done once and paid once, and leaves no slot behind',
    async (name, hostCount, ids) => {
      const calls = await play(hostCount, ids, () => undefined);
      for (let at = 0; at < calls.length; at += 1)
        for (const fault of FAULTS)
          try {
            points += 1;
            await play(hostCount, ids, (call) => (call === at ? fault : undefined));
          } catch (error) {
            throw new Error(`${name}: ${fault} at call ${at} (${calls[at]})`, { cause: error });
          }
    },
    600_000,
  );

  afterAll(() => console.info(`${points} fault points tried`));
});
