/** The worker process of BullMQ: gives each job's payload back. Argument: the port of Redis. */
import { type Job, Worker } from 'bullmq';
import { BULLMQ } from './bullmq.ts';
import { createTeller } from './system.ts';

const tell = createTeller();
const startMs = new Map<string, number>();

const worker = new Worker(
  BULLMQ.queue,
  ({ id = '', data }: Job<{ at: number }>) => {
    startMs.set(id, Date.now() - data.at);
    return Promise.resolve(data);
  },
  {
    connection: { host: '127.0.0.1', port: Number(process.argv[2]), maxRetriesPerRequest: null },
    concurrency: BULLMQ.concurrency,
  },
);
worker.on('completed', ({ id = '' }) => {
  tell(id, startMs.get(id));
  startMs.delete(id);
});
await worker.waitUntilReady();
process.send?.({});
