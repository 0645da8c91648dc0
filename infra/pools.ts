/** The setting `pools`: kinds that have a function of their own, behind queues of their own. */
import * as v from 'valibot';
import { WORKER_TIMEOUT_SECONDS } from '#shared/contracts/worker.ts';
import { priorities } from './concurrency.ts';
import { listOf, wholeBetween } from './rules.ts';

/** A pool's name is part of the names of its queues; `-dead` ends those of dead-letter queues. */
const NAME = /^(?!dead$)[a-z][a-z0-9]{0,15}$/;
const NAME_RULE = 'is no name of a pool: up to 16 lower-case letters and digits, but not "dead"';
/** What the pools' kinds take in the environment of each function; Lambda takes 4 KB in all. */
const BYTES_MAX = 2_048;

const pool = v.pipe(
  v.strictObject(
    {
      /** Names of the kinds that run in the pool. */
      kinds: v.pipe(
        listOf(/^[a-z][a-z0-9_.-]{0,63}$/i, 'the name of a kind', 'image.resize'),
        v.minLength(1, 'must have at least one kind'),
        v.readonly(),
      ),
      /** Memory of the pool's function in MB, 128 to 10,240. Default: `workerMemoryMb`. */
      memoryMb: v.exactOptional(wholeBetween(128, 10_240)),
      /**
       * Timeout of the pool's function in seconds, 120 to 900. No attempt of the pool runs longer
       * than a minute less than this. Default: 900.
       */
      timeoutSeconds: v.exactOptional(wholeBetween(120, 900)),
      /** Concurrent invocations per queue of the pool. Default: `maxConcurrency`. */
      maxConcurrency: v.exactOptional(priorities),
    },
    'must be an object of kinds, memoryMb, timeoutSeconds and maxConcurrency',
  ),
  v.readonly(),
);

/** The pools by their names. */
export const poolSettings = v.pipe(
  v.record(v.pipe(v.string(), v.regex(NAME, NAME_RULE)), pool, 'must be an object of pools'),
  v.check(
    (pools) => Buffer.byteLength(JSON.stringify(poolKindsOf(pools))) <= BYTES_MAX,
    `must have fewer or shorter kinds: their names take more than ${BYTES_MAX} bytes as JSON`,
  ),
  v.readonly(),
);

/** The settings of one pool. */
type PoolSettings = v.InferOutput<typeof pool>;
type PoolsSettings = Readonly<Record<string, PoolSettings>>;

/** The names of each pool's kinds, as functions and clients read them. */
export const poolKindsOf = (pools: PoolsSettings): Readonly<Record<string, readonly string[]>> =>
  Object.fromEntries(Object.entries(pools).map(([name, { kinds }]) => [name, kinds]));

/** The timeouts of the pools' functions, in seconds. */
export const timeoutsOf = (pools: PoolsSettings): Readonly<Record<string, number>> =>
  Object.fromEntries(
    Object.entries(pools).map(([name, { timeoutSeconds = WORKER_TIMEOUT_SECONDS }]) => [
      name,
      timeoutSeconds,
    ]),
  );

/** Faults of pools that are each valid but do not fit together: a kind in two pools. */
export const faultsOfPools = ({ pools }: { readonly pools: PoolsSettings }): readonly string[] => {
  const names = Object.entries(pools).flatMap(([name, { kinds }]) =>
    [...new Set(kinds)].map((kind) => ({ kind, name })),
  );
  return [...Map.groupBy(names, ({ kind }) => kind)].flatMap(([kind, found]) =>
    found.length > 1
      ? [`pools: the kind ${kind} is in ${found.map(({ name }) => name).join(' and ')}`]
      : [],
  );
};

/**
 * Faults of pools with kinds that the mesh does not have.
 *
 * @param known names of all kinds
 */
export const faultsOfKinds = (pools: PoolsSettings, known: readonly string[]): readonly string[] =>
  Object.entries(pools).flatMap(([name, { kinds }]) =>
    kinds
      .filter((kind) => !known.includes(kind))
      .map((kind) => `pools.${name}: there is no kind ${kind}`),
  );
