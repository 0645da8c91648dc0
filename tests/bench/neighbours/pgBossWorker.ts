/** The worker process of pg-boss: gives each job's payload back. Argument: the port of PostgreSQL. */
import { type Job, PgBoss } from 'pg-boss';
import { connectionOf, countStatements, PG_BOSS } from './pgBoss.ts';
import { createTeller } from './system.ts';

const { queue, batchSize, localConcurrency } = PG_BOSS;
const boss = new PgBoss({ ...connectionOf(Number(process.argv[2])), useListenNotify: true });
await boss.start();
const tell = createTeller(countStatements(boss));

await boss.work(
  queue,
  {
    batchSize,
    localConcurrency,
    pollingIntervalSeconds: 0.5,
    burstWhenBatchFull: true,
    perJobResults: true as const,
  },
  (jobs: Job<{ at: number }>[]) => {
    const now = Date.now();
    for (const { id, data } of jobs) tell(id, now - data.at);
    return Promise.resolve(
      jobs.map(({ id, data }) => ({ id, status: 'completed' as const, output: data })),
    );
  },
);
process.send?.({});
