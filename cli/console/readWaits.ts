/** Reads what the map of waits is made of. */
import { GetQueueAttributesCommand } from '@aws-sdk/client-sqs';
import type { Deployment } from '#client/deployment.ts';
import { NO_POOL, queuesIn } from '#shared/contracts/pools.ts';
import { PRIORITIES } from '#shared/contracts/queues.ts';
import type { Control } from '#shared/control/state.ts';
import { isTerminal, type JobRecord } from '#shared/jobs/record/record.ts';
import { mapPool } from '#shared/kernel/pool.ts';
import { systemClock } from '#shared/kernel/ports.ts';
import { lookAtHosts } from '../show/lookAtHosts.ts';
import type { JobIndex } from './jobIndex.ts';
import type { Answering } from './server.ts';
import { type HostUse, waitCauses } from './waits.ts';
import type { WaitMap } from './wireViews.ts';

const JOBS_MAX = 300;
const PAGES_MAX = 6;
const HALTED_MAX = 100;
const FULL_HOSTS_MAX = 20;
const AT_ONCE = 16;

const isOpen = ({ status }: Pick<JobRecord, 'status'>): boolean => !isTerminal(status);

/** Open jobs of an embedded cloud: its index knows all. */
const byIndex = async (index: JobIndex, { store }: Deployment): Promise<readonly JobRecord[]> => {
  const ids = index.open(JOBS_MAX);
  const records = await mapPool(ids, AT_ONCE, (id) => store.get(id));
  return records.flatMap((record) => record ?? []).filter(isOpen);
};

/** Open jobs that the table keeps without a message: no index has the others. */
const byDue = async ({ pages }: Deployment): Promise<readonly JobRecord[]> => {
  const found: JobRecord[] = [];
  let cursor: string | undefined;
  for (let page = 0; page < PAGES_MAX && found.length < JOBS_MAX; page += 1) {
    const { records, next } = await pages.page({ by: 'due' }, isOpen, cursor);
    found.push(...records);
    if (next === undefined) return found;
    cursor = next;
  }
  return found;
};

const fullHosts = async (deployment: Deployment, now: number): Promise<readonly HostUse[]> => {
  const system = deployment.hosts();
  const { rows } = await lookAtHosts(system, now, Number.POSITIVE_INFINITY);
  const full = rows.filter(({ host, used = 0 }) => used >= host.concurrency);
  return mapPool(full.slice(0, FULL_HOSTS_MAX), AT_ONCE, async ({ host }) => {
    const jobs = await system.slots.jobs(host, now);
    return { id: host.id, concurrency: host.concurrency, jobs: jobs.map(({ job }) => job) };
  });
};

const messagesOf = async (
  { pausedQueues }: Control,
  { sqs, queueUrls, pools }: Deployment,
): Promise<ReadonlyMap<string, number>> => {
  const paused = PRIORITIES.filter((priority) => pausedQueues.includes(priority));
  const counts = await Promise.all(
    paused.map(async (priority): Promise<[string, number]> => {
      const urls = [NO_POOL, ...Object.keys(pools)].map((pool) => queuesIn(pool, queueUrls));
      const each = await Promise.all(
        urls.map(async (url) => {
          const { Attributes = {} } = await sqs.send(
            new GetQueueAttributesCommand({
              QueueUrl: url[priority],
              AttributeNames: [
                'ApproximateNumberOfMessages',
                'ApproximateNumberOfMessagesNotVisible',
              ],
            }),
          );
          return Object.values(Attributes).reduce((sum, count) => sum + Number(count), 0);
        }),
      );
      return [priority, each.reduce((sum, count) => sum + count, 0)];
    }),
  );
  return new Map(counts);
};

/** The map of waits: an embedded cloud from all its jobs, else from those that an index has. */
export const waitsOf =
  (deployment: Deployment, index: JobIndex | undefined): Answering =>
  async (): Promise<WaitMap> => {
    const now = systemClock.now();
    const [control, open, dead, hosts] = await Promise.all([
      deployment.control.get(),
      index ? byIndex(index, deployment) : byDue(deployment),
      deployment.reader.attention('DEAD', HALTED_MAX),
      fullHosts(deployment, now),
    ]);
    const [sources, messages] = await Promise.all([
      mapPool(Object.entries(control.limits), AT_ONCE, async ([source, limits]) => {
        const use = await deployment.sourceUse.of(source, limits, now);
        return [source, use] as const;
      }),
      messagesOf(control, deployment),
    ]);
    const records = [...open, ...dead.filter(({ halted }) => halted)];
    return {
      causes: waitCauses({ control, records, sources: new Map(sources), hosts, messages }, now),
      looked: open.length,
      whole: index !== undefined && open.length < JOBS_MAX,
    };
  };
