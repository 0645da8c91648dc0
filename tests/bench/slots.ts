/** What a limit costs: requests and units of a job that takes a slot and gives it back, by how many are held. */
import { randomUUID } from 'node:crypto';
import { startTableServer } from '#emulator/tables/tableServer.ts';
import { createSlots } from '#shared/dispatch/dynamo/hostSlots.ts';
import { createLimiter } from '#shared/jobs/dynamo/limiter.ts';
import { LIMITS } from '#shared/kernel/limits.ts';
import { mapPool } from '#shared/kernel/pool.ts';
import { systemRandom } from '#shared/kernel/ports.ts';
import { createHostsTable, createJobsTable } from '../support/table.ts';
import { countDynamo, noCounts } from './counts.ts';
import { line, round, title } from './stats.ts';

const SOURCE_HELD = [10, 100, 1_000, 10_000];
const HOST_HELD = [10, 100, 1_000];
/** Of the slots, those that are held while others come and go. */
const USED = 0.9;
const JOBS = 200;
const WIDTH = 16;
const HOUR = 3_600_000;

type Take = (owner: string, limit: number) => Promise<(() => Promise<void>) | undefined>;
type Open = (
  endpoint: string,
  clock: { now(): number },
) => Promise<{
  readonly client: Parameters<typeof countDynamo>[0] & { destroy(): void };
  readonly take: Take;
}>;

const ofSources: Open = async (endpoint, clock) => {
  const table = await createJobsTable(endpoint);
  const limiter = createLimiter({ ...table, clock, random: systemRandom });
  const take: Take = async (source, limit) => {
    const slot = await limiter.enter(source, limit, randomUUID(), clock.now() + HOUR);
    return slot && (() => limiter.leave(slot, 'any'));
  };
  return { client: table.client, take };
};

const ofHosts: Open = async (endpoint, clock) => {
  const table = await createHostsTable(endpoint);
  const slots = createSlots({ ...table, clock, random: systemRandom });
  const take: Take = async (host, concurrency) => {
    const [jobId, token] = [randomUUID(), randomUUID()];
    const slot = { jobId, token, until: clock.now() + HOUR };
    const { item } = await slots.take(host, slot, { concurrency, beyond: false });
    return item === undefined
      ? undefined
      : () => slots.release(host, slot, item, { success: 0.9, jobs: 1 });
  };
  return { client: table.client, take };
};

const measure = async (endpoint: string, open: Open, limit: number) => {
  let now = Date.now();
  const { client, take } = await open(endpoint, { now: () => now });
  const counts = noCounts();
  countDynamo(client, counts);
  // All workers know of several items.
  await take('first', LIMITS.slotsPerItem + 1);
  now += LIMITS.slotsTogetherMs + LIMITS.slotsSettleMs;
  const fill = Array.from({ length: Math.floor(limit * USED) }, () => () => take('shop', limit));
  await mapPool(fill, WIDTH, (one) => one());
  Object.assign(counts, noCounts());
  let waits = 0;
  for (let job = 0; job < JOBS; job += 1) {
    const leave = await take('shop', limit);
    if (leave) await leave();
    else waits += 1;
  }
  client.destroy();
  return {
    limit,
    requests: round(counts.dynamo / JOBS, 2),
    writeUnits: round(counts.units / JOBS, 2),
    readUnits: round(counts.readUnits / JOBS, 2),
    waits,
  };
};

export const benchSlots = async () => {
  title('A limit: a job takes a slot and gives it back, nine tenths of them are held');
  const tables = await startTableServer();
  const results: Record<string, unknown> = {};
  try {
    for (const [who, open, limits] of [
      ['a source', ofSources, SOURCE_HELD],
      ['a host', ofHosts, HOST_HELD],
    ] as const)
      for (const limit of limits) {
        const found = await measure(tables.endpoint, open, limit);
        const { requests, writeUnits, readUnits, waits } = found;
        line(
          `${who} of ${limit}`,
          `${requests} requests, ${writeUnits} write units, ${readUnits} read units; ${waits} of ${JOBS} found none free`,
        );
        results[`${who} of ${limit}`] = found;
      }
  } finally {
    await tables.stop();
  }
  return results;
};
