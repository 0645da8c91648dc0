/** Jobs that wait for one another in a circle: none of them would ever start. */
import { LIMITS } from '#shared/kernel/limits.ts';
import { mapPool } from '#shared/kernel/pool.ts';
import type { Edge, FlowStore, JobStore } from '../ports/jobs.ts';
import type { JobRecord } from '../record/record.ts';

interface CycleSources {
  readonly store: Pick<JobStore, 'get'>;
  readonly flows: Pick<FlowStore, 'edgesOf'>;
}

const WIDTH = 16;

/** From a job back to the one that the search began with, along the edges that led to it. */
const pathFrom = (id: string, leading: ReadonlyMap<string, Edge>): readonly Edge[] => {
  const path: Edge[] = [];
  for (let edge = leading.get(id); edge; edge = leading.get(edge.dependency)) path.push(edge);
  return path;
};

/** An edge outlives its wait: what counts is the row. */
const isLive = async (
  { dependency, dependant, ordinal }: Edge,
  { store }: CycleSources,
): Promise<boolean> => {
  const record = await store.get(dependant);
  if (record?.status !== 'WAITING' || !record.pending?.has(ordinal)) return false;
  // A row names the first of its dependencies only.
  return (record.dependsOn?.[ordinal] ?? dependency) === dependency;
};

/**
 * The circle that the job's own edges close, each job waiting for the next: `[a, b, c, a]`. Whoever
 * writes the last edge of a circle finds it, since all others are there by then. The search goes
 * from the job to those that wait for it, and so on, within a bound: beyond it the deadline counts.
 * @param edges of the job, written already
 */
export const cycleThrough = async (
  { id }: Pick<JobRecord, 'id'>,
  edges: readonly Edge[],
  sources: CycleSources,
): Promise<readonly string[] | undefined> => {
  const awaited = new Set(edges.map(({ dependency }) => dependency));
  const leading = new Map<string, Edge>();
  let level: readonly string[] = [id];
  for (let left = LIMITS.cycleReadsMax; level.length > 0 && left > 0; left -= level.length) {
    const read = level.slice(0, left);
    const found = (await mapPool(read, WIDTH, (each) => sources.flows.edgesOf(each))).flat();
    const fresh = found.filter(({ dependant }) => dependant !== id && !leading.has(dependant));
    for (const edge of fresh) leading.set(edge.dependant, edge);
    for (const { dependant } of fresh.filter((edge) => awaited.has(edge.dependant))) {
      const path = pathFrom(dependant, leading);
      const live = await mapPool(path, WIDTH, (edge) => isLive(edge, sources));
      if (live.every(Boolean)) return [id, ...path.map((edge) => edge.dependant), id];
    }
    level = fresh.map(({ dependant }) => dependant);
  }
  return undefined;
};
