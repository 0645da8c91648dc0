import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { sendItems } from '#cli/commands/send.ts';
import { inputItemsOf } from '#cli/input/input.ts';
import { type Deployment, openEmbedded } from '#client/deployment.ts';
import { watchJobs } from '#client/wait.ts';
import { type Cloud, startCloud } from '#emulator/cloud.ts';
import { chargeIdOf } from '#shared/billing/jobCost.ts';
import { moneySteps } from '#shared/billing/moneyTrace.ts';
import { splitOf } from '#shared/billing/settleCharge.ts';
import { LEDGER_ACCOUNTS } from '#shared/contracts/ledger.ts';
import type { HostState, StateChange } from '#shared/hosts/probing/hostState.ts';
import { addHosts } from '#shared/hosts/registry/manageHosts.ts';
import type { JobRecord } from '#shared/jobs/record/record.ts';
import { traceOf } from '#shared/jobs/record/trace.ts';
import { systemSleep } from '#shared/kernel/ports.ts';
import { type HostGroup, startHostGroup } from '../support/hostGroup.ts';
import { definitionOf } from '../support/hosts.ts';
import { differenceIn } from '../support/ledger.ts';
import { ringMinute } from '../support/ringMinute.ts';

const GROUPS = 4;
const HOSTS_PER_GROUP = 5;
const FIRST_PORT = 28_080;
const INTERVAL_SECONDS = 5;
/** Three turns of which the first may just have begun when it died, and the probe's timeout. */
const FOUND_WITHIN_MS = 4 * INTERVAL_SECONDS * 1_000 + 1_000;
/** Between the look at a host's state and its call lies a write. */
const RACE_MS = 5_000;
const FUNDS = 1_000_000n;
const COST = 100;
const UNIT = 'CRD';

let cloud: Cloud;
let mesh: Deployment;
let groups: HostGroup[] = [];

const hostId = (group: number, n: number): string => `host-${group}-${n}`;
const idsOf = (group: number): readonly string[] =>
  Array.from({ length: HOSTS_PER_GROUP }, (_, n) => hostId(group, n));
const ALL = Array.from({ length: GROUPS }, (_, group) => idsOf(group)).flat();

const register = async (): Promise<void> => {
  const definitions = groups.flatMap(({ endpoints }, group) =>
    endpoints.map((endpoint, n) =>
      definitionOf(hostId(group, n), {
        endpoint,
        capabilities: [
          { kind: 'echo', price: 10 + n },
          { kind: 'sleep', price: 20 + n },
        ],
        concurrency: 2,
        probe: { intervalSeconds: INTERVAL_SECONDS },
      }),
    ),
  );
  const { store } = mesh.hosts();
  await addHosts(
    definitions,
    {},
    {
      store,
      clock: { now: () => Date.now() },
      random: { next: Math.random },
      wait: systemSleep,
    },
  );
};

const statesOf = async (ids: readonly string[]): Promise<readonly (HostState | undefined)[]> => {
  const { store, states } = mesh.hosts();
  const hosts = await store.find(ids);
  const shards = new Set([...hosts.values()].map(({ shard }) => shard));
  const live = new Map(
    await Promise.all([...shards].map(async (shard) => [shard, await states.read(shard)] as const)),
  );
  return ids.map((id) => {
    const host = hosts.get(id);
    return host && live.get(host.shard)?.live.get(host.number)?.state;
  });
};

const reach = (ids: readonly string[], states: readonly HostState[], timeout: number) =>
  expect
    .poll(
      async () => (await statesOf(ids)).filter((state) => !states.includes(state ?? 'unknown')),
      { timeout, interval: 200 },
    )
    .toEqual([]);

beforeAll(async () => {
  cloud = await startCloud({ assemblyDir: inject('assemblyDir') });
  const { stackName, outputs, clientEnv } = cloud;
  mesh = openEmbedded({ pid: process.pid, stackName, outputs, clientEnv });
  const [secret = ''] = await mesh.hostSecrets.callback();
  groups = await Promise.all(
    Array.from({ length: GROUPS }, (_, group) =>
      startHostGroup(HOSTS_PER_GROUP, FIRST_PORT + group * HOSTS_PER_GROUP, secret),
    ),
  );
  await register();
  await ringMinute(mesh.sqs, cloud.outputs);
});
afterAll(async () => {
  mesh?.close();
  await Promise.all(groups.map((group) => group.kill()));
  await cloud?.stop();
});

const send = async (prefix: string, count: number, ms: number): Promise<readonly string[]> => {
  const envelopes = Array.from({ length: count }, (_, n) => ({
    kind: 'mesh.dispatch',
    id: `${prefix}-${n}`,
    payload: n % 2 === 0 ? { kind: 'echo', input: n } : { kind: 'sleep', input: { ms } },
    cost: { payer: 'ada', amount: COST },
    timeoutSeconds: 60,
  }));
  const report = await sendItems(inputItemsOf('test', JSON.stringify(envelopes)), mesh);
  expect(report.refused).toEqual([]);
  return report.sent.map(({ id }) => id);
};

const ended = async (ids: readonly string[]): Promise<readonly JobRecord[]> => {
  const seen = await watchJobs(mesh, { ids, timeoutMs: 240_000, onChange: () => undefined });
  return ids.flatMap((id) => seen.get(id) ?? []);
};

const changesOf = async (id: string): Promise<readonly StateChange[]> =>
  [...(await mesh.hosts().history.changes(id, 100))].reverse();

/** When it was last found to be offline, once the change has been told. */
const offlineSince = async (id: string): Promise<number> => {
  const last = async () => (await changesOf(id)).findLast(({ to }) => to === 'offline')?.at;
  await expect.poll(last, { timeout: 30_000 }).toBeDefined();
  return (await last()) ?? 0;
};

/** When the host was down, from when it was found out. */
const outagesOf = (changes: readonly StateChange[]) =>
  changes.flatMap(({ to, at }, index) =>
    to === 'offline' ? [{ from: at, until: changes[index + 1]?.at ?? Date.now() }] : [],
  );

const expectNoneSentToTheDead = async (records: readonly JobRecord[]): Promise<void> => {
  const outages = new Map(
    await Promise.all(ALL.map(async (id) => [id, outagesOf(await changesOf(id))] as const)),
  );
  for (const { id, history } of records)
    for (const { event, by = '', at } of history)
      if (event === 'dispatched')
        expect(
          outages.get(by)?.filter(({ from, until }) => at > from + RACE_MS && at < until),
          `${id} sent to ${by} at ${at}`,
        ).toEqual([]);
};

/** What the jobs' completions owe, by account. */
const dueOf = (records: readonly JobRecord[]): ReadonlyMap<string, bigint> => {
  const due = new Map<string, bigint>();
  const add = (account: string, amount: bigint) =>
    due.set(account, (due.get(account) ?? 0n) + amount);
  for (const { settlement } of records) {
    const { payee = '', amount = '0', marginPpm = 0 } = settlement ?? {};
    const { share, margin } = splitOf(BigInt(amount), marginPpm);
    add(payee, share);
    add(LEDGER_ACCOUNTS.operator, margin);
    add('ada', -BigInt(amount));
  }
  return due;
};

const expectPaid = async (records: readonly JobRecord[]): Promise<void> => {
  const { ledger, reader } = mesh.ledger;
  const charges = records.map(chargeIdOf);
  await expect
    .poll(async () => (await reader.records(charges)).length, { timeout: 60_000 })
    .toBe(records.length);
  for (const [account, amount] of dueOf(records)) {
    const before = account === 'ada' ? FUNDS : 0n;
    const { posted } = await ledger.balance({ unit: UNIT, account });
    expect(posted, account).toBe(before + amount);
  }
  expect(await differenceIn(mesh.ledger)).toBeUndefined();
};

describe('a mesh of twenty hosts', () => {
  it('does every job once and pays who did it, while hosts die and come back', async () => {
    const { ledger } = mesh.ledger;
    await ledger.openAccount({ unit: UNIT, account: 'mint', guarded: false });
    await ledger.openAccount({ unit: UNIT, account: 'ada' });
    await ledger.transfer({ id: 'fund', unit: UNIT, from: 'mint', to: 'ada', amount: FUNDS });
    await reach(ALL, ['online', 'busy', 'degraded'], 60_000);

    const first = await send('calm', 40, 200);
    const calm = await ended(first);
    expect(new Set(calm.map(({ status }) => status))).toEqual(new Set(['COMPLETED']));

    const during = send('storm', 120, 1_500);
    const killedAt = Date.now();
    await Promise.all([groups[0]?.kill(), groups[1]?.kill()]);
    const dead = [...idsOf(0), ...idsOf(1)];
    await reach(dead, ['offline'], 60_000);
    const more = await send('lean', 60, 500);
    for (const id of dead)
      expect((await offlineSince(id)) - killedAt, `${id} was found dead`).toBeLessThanOrEqual(
        FOUND_WITHIN_MS,
      );
    await Promise.all([groups[0]?.revive(), groups[1]?.revive()]);
    await reach(dead, ['online', 'busy', 'degraded'], 60_000);
    const after = await send('back', 40, 200);

    const ids = [...first, ...(await during), ...more, ...after];
    const records = await ended(ids);
    expect(records.filter(({ status }) => status !== 'COMPLETED')).toEqual([]);
    expect(records).toHaveLength(ids.length);
    for (const { history } of records)
      expect(history.filter(({ event }) => event === 'completed')).toHaveLength(1);
    await expectNoneSentToTheDead(records);
    await expectPaid(records);
    await expectTold(records[0] ?? expect.unreachable());
  }, 420_000);
});

/** A person sees who did it, and what that cost. */
const expectTold = async (record: JobRecord): Promise<void> => {
  expect(traceOf(record).map(({ text }) => text)).toContainEqual(
    expect.stringMatching(/^host host-\d-\d asked to run it, for 1\d CRD: done$/),
  );
  const money = await moneySteps(record, mesh.ledger);
  expect(money.at(-1)?.text).toMatch(/from ada to host:host-\d-\d, .*; \d+ CRD given back$/);
};
