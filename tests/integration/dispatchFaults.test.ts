import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { type FauxqsServer, startFauxqs } from 'fauxqs';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { tableClient } from '#shared/aws/tableClient.ts';
import { chargeOf } from '#shared/billing/charge.ts';
import { createHoldAllocator } from '#shared/billing/holdAllocator.ts';
import { settleCharge } from '#shared/billing/settleCharge.ts';
import { createHostCall } from '#shared/dispatch/http/hostCall.ts';
import { createHttpClient } from '#shared/jobs/http/httpClient.ts';
import { kindsOf } from '#shared/jobs/kinds/defineJob.ts';
import { RetryableError } from '#shared/jobs/kinds/errors.ts';
import { dispatch } from '#shared/jobs/kinds/meshDispatch.ts';
import type { HttpClient } from '#shared/jobs/ports/jobs.ts';
import type { JobRecord } from '#shared/jobs/record/record.ts';
import { systemClock, systemIds } from '#shared/kernel/ports.ts';
import { FAULTS, type Fault, Injected, type Injector, tellable } from '../support/faults.ts';
import { startTestHost, type TestHost } from '../support/host.ts';
import { auditOf, startLedger, type TestLedger, UNIT } from '../support/ledger.ts';
import { SECRET, startMesh, type TestMesh } from '../support/mesh.ts';
import { createWorld } from '../support/world.ts';

const PRICE = 40n;
const COST = 100n;
const CONCURRENCY = 2;
const LEASE_MS = 60_000;

let server: FauxqsServer;

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

/** Hosts and a ledger that many plays share. */
interface Stage {
  readonly ledger: TestLedger;
  readonly mesh: TestMesh;
  readonly hosts: readonly TestHost[];
}

const struckClient = (injector: Injector): DynamoDBDocumentClient => {
  const client = tableClient(
    new DynamoDBClient({
      region: 'us-east-1',
      endpoint: inject('dynamoEndpoint'),
      credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
    }),
  );
  injector.attach(client);
  return client;
};

const prepare = async (hostCount: number): Promise<Stage> => {
  const ledger = await startLedger(inject('dynamoEndpoint'));
  await ledger.open({});
  const mesh = await startMesh(inject('dynamoEndpoint'), systemClock);
  const hosts: TestHost[] = [];
  for (let n = 0; n < hostCount; n += 1) {
    const host = await startTestHost();
    hosts.push(host);
    const capabilities = [{ kind: 'render', price: Number(PRICE) }];
    await mesh.add(`h${n}`, host.endpoint, { capabilities, concurrency: CONCURRENCY });
  }
  return { ledger, mesh, hosts };
};

/** Paid once, by the one who ran it; nothing is held any more. */
const expectPaid = async (
  { ledger }: Stage,
  { payer, jobs, charged }: { payer: string; jobs: readonly JobRecord[]; charged: JobRecord[] },
): Promise<void> => {
  const standing = async (account: string) => {
    const { posted, held } = await ledger.ledger.balance({ unit: UNIT, account });
    return { posted, held };
  };
  const payees = [...new Set(jobs.map(({ settlement }) => settlement?.payee ?? ''))];
  const before = await Promise.all(payees.map(standing));
  for (const record of [...charged, ...charged]) {
    const charge = chargeOf(record);
    if (charge) await settleCharge(charge, ledger.ledger);
  }
  const spent = PRICE * BigInt(jobs.length);
  const given = COST * BigInt(jobs.length);
  expect(await standing(payer)).toEqual({ posted: given - spent, held: 0n });
  for (const [index, payee] of payees.entries()) {
    const theirs = jobs.filter(({ settlement }) => settlement?.payee === payee);
    const earned = theirs.reduce(
      (sum, { settlement }) =>
        sum + (PRICE * BigInt(1_000_000 - (settlement?.marginPpm ?? 0))) / 1_000_000n,
      0n,
    );
    expect((await standing(payee)).posted - (before[index]?.posted ?? 0n), payee).toBe(earned);
  }
};

/** When all leases are over, each host has all its slots. */
const expectSlots = async ({ mesh, hosts }: Stage, now: number): Promise<void> => {
  const later = { now: () => now + 2 * LEASE_MS };
  const { slots } = mesh.partsOn(mesh.options.client, later);
  const room = { concurrency: CONCURRENCY, beyond: false };
  for (const index of hosts.keys())
    for (let n = 0; n < CONCURRENCY; n += 1) {
      const slot = { jobId: `probe-${n}`, token: 'probe', until: now + 3 * LEASE_MS };
      expect((await slots.take(`h${index}`, slot, room)).item, `slot ${n}`).toBe(0);
    }
  for (const index of hosts.keys())
    for (let n = 0; n < CONCURRENCY; n += 1)
      await slots.release(
        `h${index}`,
        { jobId: `probe-${n}`, token: 'probe', until: 0 },
        0,
        undefined,
      );
};

const ROUNDS_MAX = 40;
let plays = 0;

/** @returns what was called */
const play = async (
  stage: Stage,
  jobCount: number,
  plan: (call: number) => Fault | undefined,
): Promise<readonly string[]> => {
  plays += 1;
  const { ledger, mesh, hosts } = stage;
  const payer = `payer-${plays}`;
  const ids = Array.from({ length: jobCount }, (_, n) => `${plays}-${n}`);
  await ledger.open({ [payer]: COST * BigInt(jobCount) });
  const charged: JobRecord[] = [];
  const clients: DynamoDBDocumentClient[] = [];
  const kept = (client: DynamoDBDocumentClient): DynamoDBDocumentClient => {
    clients.push(client);
    return client;
  };
  const world = await createWorld({
    kinds: kindsOf([dispatch]),
    dynamoEndpoint: inject('dynamoEndpoint'),
    server,
    plan,
    charges: { send: async (ended) => void charged.push(...ended) },
    equip: (injector, time) => ({
      hosts: mesh.another({
        ...mesh.partsOn(kept(struckClient(injector)), time),
        call: createHostCall({
          http: struckHttp(injector),
          secrets: { current: () => Promise.resolve([SECRET]) },
          clock: time,
        }),
        probes: { send: (of) => injector.call('suspect', async () => void of.length) },
      }),
      allocator: createHoldAllocator({ ledger: ledger.ledger, clock: time, ids: systemIds }),
    }),
  });
  try {
    for (const id of ids) {
      const payload = { kind: 'render', input: id };
      const cost = { payer, amount: Number(COST) };
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
    const ran = hosts.flatMap((host) => host.ran.filter((id) => ids.includes(id)));
    if (hosts.length === 1) expect([...ran].sort(), 'each ran once').toEqual(ids);
    await expectPaid(stage, { payer, jobs, charged });
    await expectSlots(stage, world.now());
    return [...world.calls];
  } finally {
    await world.close();
    for (const client of clients) client.destroy();
  }
};

let points = 0;

describe('a job for the mesh, whatever strikes at any one call,', () => {
  it.each([
    ['with one host', 1, 1],
    ['beside another, with two hosts', 2, 2],
  ] as const)(
    '%s is done once and paid once, and leaves no slot behind',
    async (name, hostCount, jobCount) => {
      const stage = await prepare(hostCount);
      const calls = await play(stage, jobCount, () => undefined);
      for (let at = 0; at < calls.length; at += 1)
        for (const fault of tellable(calls[at], FAULTS, at))
          try {
            points += 1;
            await play(stage, jobCount, (call) => (call === at ? fault : undefined));
          } catch (error) {
            throw new Error(`${name}: ${fault} at call ${at} (${calls[at]})`, { cause: error });
          }
      expect((await auditOf(stage.ledger)).problem).toBeUndefined();
      await Promise.all(stage.hosts.map((host) => host.stop()));
    },
    600_000,
  );

  afterAll(() => console.info(`${points} fault points tried`));
});
