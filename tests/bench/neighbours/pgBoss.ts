/** pg-boss on PostgreSQL. */
import { fork } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { PgBoss } from 'pg-boss';
import { endProcess, watched } from '#emulator/tables/serverProcess.ts';
import { postgresPrograms, startPostgres } from './servers.ts';
import { type Absent, chunksOf, firstWord, type Running, type System, tallyOf } from './system.ts';
import { treeOf } from './usage.ts';

export const PG_BOSS = { queue: 'bench', batchSize: 100, localConcurrency: 2 };

export const connectionOf = (port: number) => ({
  host: '127.0.0.1',
  port,
  user: 'postgres',
  database: 'postgres',
});

/** @returns how many statements it has sent since */
export const countStatements = (boss: PgBoss): (() => number) => {
  const db = boss.getDb();
  const execute = db.executeSql.bind(db);
  let count = 0;
  db.executeSql = (text, values) => {
    count += 1;
    return execute(text, values);
  };
  return () => count;
};

const UNFINISHED = "SELECT 1 FROM pgboss.job WHERE state < 'completed' LIMIT 1";
const LOOK_MS = 5;

const start = (programs: string) => async (): Promise<Running> => {
  const server = await startPostgres(programs);
  const boss = new PgBoss({ ...connectionOf(server.port), supervise: false, schedule: false });
  await boss.start();
  await boss.createQueue(PG_BOSS.queue, { notify: true });
  const db = boss.getDb();
  const execute = db.executeSql.bind(db);
  const statements = countStatements(boss);
  const worker = watched(fork('tests/bench/neighbours/pgBossWorker.ts', [String(server.port)]));
  await firstWord(worker.child);
  const tally = tallyOf(worker.child);
  /** Handlers have returned; their jobs end a statement later, of which nobody tells. */
  const settled = async (count: number): Promise<void> => {
    await tally.until(count);
    while ((await execute(UNFINISHED)).rows.length > 0) await sleep(LOOK_MS);
  };
  return {
    processes: () => ({ postgres: treeOf(server.pid), worker: [worker.child.pid ?? 0] }),
    sendAll: async (count) => {
      const wanted = tally.ended + count;
      for (const chunk of chunksOf(count))
        await boss.insert(
          PG_BOSS.queue,
          chunk.map((n) => ({ data: { n, at: Date.now() } })),
        );
      await settled(wanted);
    },
    sendOne: async () => {
      const wanted = tally.ended + 1;
      const id = await boss.send(PG_BOSS.queue, { n: 0, at: Date.now() });
      await settled(wanted);
      return tally.startMs(id ?? '');
    },
    requests: () => Promise.resolve(statements() + tally.requests),
    stop: async () => {
      await endProcess(worker);
      await boss.stop({ graceful: false });
      await server.stop();
    },
  };
};

export const pgBoss = (): System | Absent => {
  const name = 'pg-boss on PostgreSQL';
  const programs = postgresPrograms();
  if (programs === undefined)
    return { name, absent: 'no PostgreSQL of Debian here (apt-get install postgresql)' };
  const { batchSize, localConcurrency } = PG_BOSS;
  const how = `one worker process, ${localConcurrency} loops that fetch ${batchSize}, NOTIFY`;
  return { name, how, start: start(programs) };
};
