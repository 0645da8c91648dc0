/** The pools as a worker sees them. */
import { type Pools, poolOf } from '#shared/contracts/pools.ts';
import { deferred } from '#shared/kernel/deferred.ts';
import type { PoolRouter } from '../ports/pools.ts';
import type { SenderOptions } from './sender.ts';

interface Options extends SenderOptions {
  readonly pools: Pools;
  /** The pool whose queues the worker reads; NO_POOL for the worker of the mesh. */
  readonly pool: string;
  /** The longest that an attempt may run, in seconds. */
  readonly runSecondsMax: number;
}

/**
 * Knows the worker's own pool, and sends the jobs of other pools to theirs. What sends is loaded
 * for the first such job: most workers have none.
 */
export const createPoolRouter = ({ pool, runSecondsMax, ...sender }: Options): PoolRouter => {
  const mover = deferred(async () => {
    const { createPoolMover } = await import('./poolMover.ts');
    return createPoolMover(sender);
  });
  return {
    runSecondsMax,
    isElsewhere: (kind) => poolOf(kind, sender.pools) !== pool,
    move: (kind, delivery) => mover.move(kind, delivery),
  };
};
