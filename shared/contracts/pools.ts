/**
 * Pools: some kinds have a function of their own, behind queues of their own. The kinds of no pool
 * have the worker and the job queues of the mesh.
 */
import { PRIORITIES, type Priority } from './queues.ts';

/** Names of the kinds of each pool, by the pool's name. No kind is in two pools. */
export type Pools = Readonly<Record<string, readonly string[]>>;

/** A value, mostly a URL, for the queue of each priority. */
export type ByPriority<T> = Readonly<Record<Priority, T>>;

/** Stands for no pool, where a pool's name is expected. */
export const NO_POOL = '';

/** Environment variable of the functions that send jobs: the pools as JSON. */
export const POOLS_ENV = 'POOLS';

/**
 * Message attribute of a job that came by another queue: the message that its sender sent, as JSON.
 * The mesh sets it when it moves a job to the queue of its kind.
 */
export const ORIGIN_ATTRIBUTE = 'sheratan-origin';

/** The pool of a kind; {@link NO_POOL} for a kind of no pool. */
export const poolOf = (kind: string, pools: Pools = {}): string =>
  Object.keys(pools).find((name) => pools[name]?.includes(kind)) ?? NO_POOL;

/**
 * The name or the URL of a pool's queue.
 *
 * @param queue name or URL of the mesh's queue of the same priority
 */
export const queueIn = (pool: string, queue: string): string =>
  pool === NO_POOL ? queue : queue.replace(/\.fifo$/, `-${pool}.fifo`);

/** The queue URLs of a pool, from those of the mesh. */
export const queuesIn = (pool: string, urls: ByPriority<string>): ByPriority<string> =>
  Object.fromEntries(
    PRIORITIES.map((priority) => [priority, queueIn(pool, urls[priority])]),
  ) as ByPriority<string>;

/** The URLs of all job queues: of the mesh, then of each pool. */
export const allQueues = (urls: ByPriority<string>, pools: Pools = {}): readonly string[] =>
  [NO_POOL, ...Object.keys(pools)].flatMap((pool) => Object.values(queuesIn(pool, urls)));

/**
 * Reads pools from JSON text, as the template writes them; no text means no pools. Never throws.
 */
export const pools = (raw: string | undefined): Pools | { readonly fault: string } => {
  try {
    return JSON.parse(raw || '{}') as Pools;
  } catch (error) {
    return { fault: `must be JSON such as {"heavy":["image.resize"]}: ${String(error)}` };
  }
};
