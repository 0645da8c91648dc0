/** Finds jobs that wait for one another in a circle, so that none of them would ever start. */
import { LIMITS } from '#shared/kernel/limits.ts';
import { mapPool } from '#shared/kernel/pool.ts';
import type { Edge, FlowStore, JobStore } from '../ports/jobs.ts';
import type { JobRecord } from '../record/record.ts';

interface CycleSources {
  readonly store: Pick<JobStore, 'get'>;
  readonly flows: Pick<FlowStore, 'edgesOf'>;
}

const WIDTH = 16;

/** The edges from a job back to the job at which the search began. */
const pathFrom = (id: string, leading: ReadonlyMap<string, Edge>): readonly Edge[] => {
  const path: Edge[] = [];
  for (let edge = leading.get(id); edge; edge = leading.get(edge.dependency)) path.push(edge);
  return path;
};

/** Whether the edge's dependant still waits. Edges stay after the wait, so the row is read. */
const isLive = async (
  { dependency, dependant, ordinal }: Edge,
  { store }: CycleSources,
): Promise<boolean> => {
  const record = await store.get(dependant);
  if (record?.status !== 'WAITING' || !record.pending?.has(ordinal)) return false;
  // A row names only its first dependencies; for later ones the edge must be enough.
  return (record.dependsOn?.[ordinal] ?? dependency) === dependency;
};

/**
 * The circle that the job's own edges close; in `[a, b, c, a]` each job waits for the next. The
 * worker that writes the last edge of a circle finds the circle, because all other edges exist by
 * then. The search goes from the job to its dependants, to their dependants, and so on, within
 * `LIMITS.cycleReadsMax`. A larger circle is not found, and its jobs fail at their deadline.
 * @param edges the edges of the job, written already
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
