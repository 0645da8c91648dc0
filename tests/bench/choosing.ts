/** What choosing a host costs a job, by the number of hosts that could run it. */

import { createView } from '#shared/dispatch/meshView.ts';
import { selectHosts } from '#shared/dispatch/selectHost.ts';
import { aHost, aLive } from '../support/targets.ts';
import { line, percentile, round, title } from './stats.ts';

const COUNTS = [1_000, 10_000, 100_000];
const SHARD = 1_000;
const JOBS = 50;
const NOW = 1_000_000;

const viewOf = (count: number) => {
  const shards = Array.from({ length: count / SHARD }, (_, shard) => `60-${shard}`);
  const hosts = new Map(
    shards.map((shard) => [
      shard,
      Array.from({ length: SHARD }, (_, number) => ({
        ...aHost(`${shard}-${number}`, 'http://10.0.0.1'),
        shard,
        number,
        concurrency: 4,
        unit: 'CRD',
        capabilities: [{ kind: 'pdf', price: BigInt(10 + (number % 7)) }],
      })),
    ]),
  );
  const live = new Map(
    Array.from({ length: SHARD }, (_, number) => {
      const state = number % 20 === 0 ? 'offline' : 'online';
      return [
        number,
        aLive({ number, state, srttMs: 5 + (number % 46), hourProbes: 30, hourPasses: 30 }),
      ];
    }),
  );
  return createView({
    registry: {
      shards: () => Promise.resolve(shards),
      ofShard: (shard) => Promise.resolve(hosts.get(shard) ?? []),
    },
    states: { read: () => Promise.resolve({ version: 1, tick: 1, at: NOW, live }) },
    clock: { now: () => NOW },
  });
};

export const benchChoosing = async () => {
  title('Choosing a host');
  const results = [];
  for (const count of COUNTS) {
    const view = viewOf(count);
    await view.candidates();
    const ms: number[] = [];
    for (let job = 0; job < JOBS; job += 1) {
      const began = performance.now();
      const wanted = { jobId: `job-${job}`, kind: 'pdf', tags: [], unit: 'CRD', budget: 100n };
      selectHosts(await view.candidates(), wanted, NOW);
      ms.push(performance.now() - began);
    }
    const [p50, p99] = [round(percentile(ms, 0.5), 2), round(percentile(ms, 0.99), 2)];
    line(`of ${count} hosts of its kind`, `p50 ${p50} ms, p99 ${p99} ms of CPU a job`);
    results.push({ count, p50, p99 });
  }
  return results;
};

if (import.meta.main) await benchChoosing();
