/** The second day, rehearsed: tables are lost and restored as docs/operating.md says, by its commands. */
import { rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SendMessageCommand } from '@aws-sdk/client-sqs';
import { afterAll, beforeAll, describe, expect, inject, it, vi } from 'vitest';
import { chargeIdOf } from '#shared/billing/jobCost.ts';
import { OUTPUTS } from '#shared/contracts/outputs.ts';
import { LIMITS } from '#shared/kernel/limits.ts';
import { type Gates, type Restoring, startGates, startRestoring } from '../support/restoring.ts';
import { ringMinute } from '../support/ringMinute.ts';
import { dropTable, exportTable, restoreTable } from '../support/tableExports.ts';

const PRICE = 100n;
const cost = { payer: 'ada', amount: Number(PRICE) };
const by = ['--by', 'ada', '--reason', 'restore'] as const;
const patience = { timeout: 120_000, interval: 200 };
// A command is a process of its own, and there are many.
vi.setConfig({ testTimeout: 400_000 });

let world: Restoring;
let gates: Gates;
/** What ada must have once all is paid. */
let due = 0n;

const ledger = (...args: string[]) => world.run(['ledger', ...args]);
const paid = (...jobs: string[]): void => {
  due -= PRICE * BigInt(jobs.length);
};
const topUp = async (id: string, amount: bigint): Promise<void> => {
  expect(await ledger('transfer', id, 'mint', 'ada', String(amount))).toMatchObject({ code: 0 });
};
const posted = async () => {
  const { posted: sum } = await world.mesh.ledger.ledger.balance({ unit: 'CRD', account: 'ada' });
  return sum;
};
const held = async () => {
  const { held: sum } = await world.mesh.ledger.ledger.balance({ unit: 'CRD', account: 'ada' });
  return sum;
};
const settled = () => expect.poll(posted, patience).toBe(due);
const tableOf = (output: string) => String(world.cloud.outputs[output]);
const recordOf = async (id: string) => {
  const record = await world.mesh.store.get(id);
  if (!record) throw new Error(`no job ${id}`);
  return record;
};
/** Its worker is busy until the gate opens: in a queue of its own it is in nobody's way. */
const waiting = (id: string, priority = 'high') => ({
  kind: 'http.request',
  id,
  payload: { url: gates.waiting(id) },
  cost,
  priority,
  timeoutSeconds: 800,
});
const echo = (id: string, over: object = {}) => ({ kind: 'echo', id, payload: 1, cost, ...over });
const isWhole = async (): Promise<void> =>
  expect(await ledger('verify')).toMatchObject({
    code: 0,
    stdout: expect.stringContaining('all is as the journal says'),
  });

beforeAll(async () => {
  [world, gates] = await Promise.all([startRestoring(inject('assemblyDir')), startGates()]);
  await ledger('open', 'mint', '--may-owe');
  await ledger('open', 'ada');
  await topUp('topup-1', 10_000n);
  due = 10_000n;
});
afterAll(async () => {
  await gates?.close();
  await world?.stop();
});

describe('a ledger that is restored to an earlier second', () => {
  it('knows in the end what it would know if it had not been lost', async () => {
    const again = { retry: { maxAttempts: 100, baseSeconds: 20, factor: 1, jitter: 'none' } };
    await ledger('hold', 'promised', 'ada', '50');
    await world.send(
      echo('paid'),
      waiting('running'),
      {
        kind: 'http.request',
        id: 'flaky',
        payload: { url: gates.failing('flaky') },
        cost,
        ...again,
      },
      echo('waits', { dependsOn: ['running'] }),
      echo('later', { delaySeconds: 3_600 }),
      { kind: 'read_file', id: 'dead', payload: { path: 'nowhere' }, cost },
    );
    paid('paid');
    await world.reach('running', 'RUNNING');
    await world.reach('flaky', 'RETRYING');
    await world.reach('waits', 'WAITING');
    await world.reach('later', 'SCHEDULED');
    await world.reach('dead', 'DEAD');
    await settled();
    // For the promise, the running job and the one that is tried again; the dead job's is given back.
    await expect.poll(held, patience).toBe(50n + 2n * BigInt(cost.amount));

    const then = await exportTable(world.tables, tableOf(OUTPUTS.ledgerTable));
    await world.send(echo('late'), echo('late-too'));
    paid('late', 'late-too');
    await settled();
    await topUp('topup-2', 500n);
    await ledger('release', 'promised');

    expect(await world.run(['pause', ...by])).toMatchObject({ code: 0 });
    // As if the last transaction had been cut: a balance and a head are not as their blocks.
    await restoreTable(
      world.tables,
      then,
      ({ pk, sk }) => sk?.S === 'HEAD' || (sk?.S === 'BAL' && /ada/.test(pk?.S ?? '')),
    );
    expect(await ledger('verify')).toMatchObject({
      code: 4,
      stdout: expect.stringMatching(/^WRONG (?:lane \d+, head|balance of ada)/),
    });
    expect(await ledger('repair', '--yes')).toMatchObject({ code: 0 });
    await isWhole();

    const look = await ledger('reconcile');
    expect(look).toMatchObject({ code: 4, stderr: expect.stringContaining('owes up to 200') });
    expect(look.stdout.match(/^unpaid +\S+/gm)?.map((line) => line.split(/ +/)[1])).toEqual(
      expect.arrayContaining(['late', 'late-too']),
    );
    await topUp('topup-2', 500n);
    due += 500n;
    expect(await ledger('reconcile', '--yes')).toMatchObject({
      code: 0,
      stderr: expect.stringContaining('2 settled, 0 not'),
    });
    const jobs = tableOf(OUTPUTS.jobsTable);
    expect(await ledger('reconcile', '--jobs', jobs)).toMatchObject({ code: 0 });
    await settled();
    expect((await ledger('show', 'promised')).stdout).toMatch(/^pending /);
    await ledger('release', 'promised');

    expect(await world.run(['resume', ...by])).toMatchObject({ code: 0 });
    for (const name of ['running', 'flaky']) gates.open(name);
    for (const id of ['running', 'flaky', 'waits']) await world.reach(id, 'COMPLETED');
    paid('running', 'flaky', 'waits');
    await settled();
    expect((await recordOf('running')).attempt).toBe(1);
    await isWhole();
    // Nobody rings for the snapshotter: the minute does.
    await world.invoke(/Timekeeper/, {});
    expect((await ledger('statement', 'ada')).stdout).toContain('topup-2');
    expect(await world.run(['doctor'])).toMatchObject({ code: 0 });
  });
});

describe("a jobs' table that is restored to an earlier second", () => {
  it('runs again what comes back, pays it once, and tells what was paid for no job', async () => {
    await world.send(waiting('ahead'), waiting('still', 'critical'));
    await world.send(echo('behind', { dependsOn: ['still'] }));
    for (const id of ['ahead', 'still']) await world.reach(id, 'RUNNING');
    await world.reach('behind', 'WAITING');

    const then = await exportTable(world.tables, tableOf(OUTPUTS.jobsTable));
    const since = new Date(Date.now() - 1).toISOString();
    gates.open('ahead');
    await world.send(echo('forgotten'));
    for (const id of ['ahead', 'forgotten']) await world.reach(id, 'COMPLETED');
    paid('ahead', 'forgotten');
    await settled();
    const charge = chargeIdOf(await recordOf('forgotten'));

    await world.run(['pause', ...by]);
    // A worker goes by what it read of the controls for so long.
    const heeded = Date.now() + LIMITS.controlFreshMs;
    await expect.poll(() => Date.now(), { timeout: 60_000 }).toBeGreaterThan(heeded);
    await world.send(echo('queued'));
    await restoreTable(world.tables, then);
    // The pause was forgotten with the table: what is queued runs, and ends before there is a stream.
    expect((await world.run(['state'])).stdout).toContain('OPERATIONAL');
    await world.reach('queued', 'COMPLETED');
    await world.remap(then, /Relay/);

    const look = await ledger('reconcile', '--since', since);
    expect(look.code).toBe(4);
    expect(look.stdout).toContain(charge);
    expect(look.stdout).toMatch(/^unpaid +queued /m);
    await ledger('reconcile', '--yes');
    // It ran and was paid; its row does not know, and its message is gone.
    expect((await world.run(['jobs', '--open'])).stdout).toMatch(/RUNNING +ahead /);
    const send = (envelope: { id: string }) =>
      world.mesh.sqs.send(
        new SendMessageCommand({
          QueueUrl: world.mesh.queueUrls.normal,
          MessageBody: JSON.stringify(envelope),
          MessageGroupId: envelope.id,
          MessageDeduplicationId: `after five minutes: ${envelope.id}`,
        }),
      );
    await send(waiting('ahead'));
    await world.reach('ahead', 'COMPLETED');
    expect((await recordOf('ahead')).attempt).toBe(2);
    gates.open('still');
    for (const id of ['still', 'behind']) await world.reach(id, 'COMPLETED');
    paid('queued', 'still', 'behind');
    await settled();

    expect((await ledger('reconcile', '--since', since)).stdout).toMatch(
      new RegExp(`paid, no job.*100 +CRD +ada +${charge}$`, 'm'),
    );
    await ledger('reverse', charge);
    due += PRICE;
    await settled();
    expect(await ledger('reconcile', '--since', since)).toMatchObject({ code: 0 });
    await isWhole();
  });
});

describe('a ledger of which only the journal is left', () => {
  const file = join(tmpdir(), `sheratan-journal-${process.pid}.jsonl`);
  afterAll(() => rmSync(file, { force: true }));

  it('goes on without its holds, and pays what ran on them', async () => {
    await world.send(waiting('held'));
    await world.reach('held', 'RUNNING');
    expect((await ledger('balance', 'ada')).stdout).toMatch(/ 100 /);
    expect(await ledger('export', file)).toMatchObject({ code: 0 });
    const table = tableOf(OUTPUTS.ledgerTable);
    await dropTable(world.tables, table);
    expect(
      await ledger('replica', '--from', file, '--to', `table:${table}`, '--create'),
    ).toMatchObject({ code: 0, stdout: expect.stringContaining('0 behind') });
    expect((await ledger('verify')).stdout).toContain(' 0 open holds');
    await settled();
    gates.open('held');
    await world.reach('held', 'COMPLETED');
    paid('held');
    await settled();
    expect(await ledger('reconcile')).toMatchObject({ code: 0 });
    await isWhole();
  });
});

describe("a hosts' table that is restored without some rows", () => {
  it('has them again, as the states say', async () => {
    const endpoint = new URL(gates.failing('host')).origin;
    expect(
      await world.run(['hosts', 'add', 'h1', endpoint, '--kind', 'echo=10', '--interval', '5']),
    ).toMatchObject({ code: 0 });
    const { rows, store } = world.mesh.hosts();
    const [shard = ''] = await store.shards();
    await ringMinute(world.mesh.sqs, world.cloud.outputs);
    await expect.poll(() => rows.rows(shard), patience).toMatchObject([{ host: 'h1' }]);
    const then = await exportTable(world.tables, tableOf(OUTPUTS.hostsTable));
    await restoreTable(world.tables, then, (item) => item['pk']?.S === `V#${shard}`);
    expect(await rows.rows(shard)).toEqual([]);
    const rebuilt = async () => {
      expect(await world.run(['hosts', 'rebuild'])).toMatchObject({ code: 0 });
      return rows.rows(shard);
    };
    // AWS shows a restored table whole. Here a probe run may fall into the import, and then misses a
    // host until the next run. No stream feeds the rows of the new table: only this command writes them.
    await expect.poll(rebuilt, patience).toMatchObject([{ host: 'h1' }]);
  });
});
