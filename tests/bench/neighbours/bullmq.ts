/** BullMQ on Redis. */
import { fork } from 'node:child_process';
import { Queue } from 'bullmq';
import { Redis } from 'ioredis';
import { endProcess, watched } from '#emulator/tables/serverProcess.ts';
import { hasRedis, startRedis } from './servers.ts';
import { type Absent, chunksOf, firstWord, type Running, type System, tallyOf } from './system.ts';

export const BULLMQ = { queue: 'bench', concurrency: 100 };

/** What comes from outside: calls of scripts, and waits for the next job. Scripts' own calls are not. */
const REQUEST = /^cmdstat_(?:evalsha|eval|bzpopmin):calls=(\d+)/gm;

const start = async (): Promise<Running> => {
  const server = await startRedis();
  const connection = { host: '127.0.0.1', port: server.port };
  const worker = watched(fork('tests/bench/neighbours/bullmqWorker.ts', [String(server.port)]));
  await firstWord(worker.child);
  const tally = tallyOf(worker.child);
  const queue = new Queue(BULLMQ.queue, { connection });
  const redis = new Redis(connection);
  return {
    processes: () => ({ redis: [server.pid], worker: [worker.child.pid ?? 0] }),
    sendAll: async (count) => {
      const wanted = tally.ended + count;
      for (const chunk of chunksOf(count))
        await queue.addBulk(chunk.map((n) => ({ name: 'echo', data: { n, at: Date.now() } })));
      await tally.until(wanted);
    },
    sendOne: async () => {
      const wanted = tally.ended + 1;
      const { id = '' } = await queue.add('echo', { n: 0, at: Date.now() });
      await tally.until(wanted);
      return tally.startMs(id);
    },
    requests: async () => {
      const stats = await redis.info('commandstats');
      return [...stats.matchAll(REQUEST)].reduce((sum, [, calls]) => sum + Number(calls), 0);
    },
    stop: async () => {
      await endProcess(worker);
      await queue.close();
      redis.disconnect();
      await server.stop();
    },
  };
};

export const bullmq = (): System | Absent =>
  hasRedis()
    ? {
        name: 'BullMQ on Redis',
        how: `one worker process, concurrency ${BULLMQ.concurrency}, append-only file`,
        start,
      }
    : { name: 'BullMQ on Redis', absent: 'no redis-server here (apt-get install redis-server)' };
