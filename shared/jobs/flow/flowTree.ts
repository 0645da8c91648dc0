/** The tree below a job: its children, and the jobs that wait for the job. */
import { mapPool } from '#shared/kernel/pool.ts';
import { jobIdOf } from '../envelope/envelope.ts';
import type { Blobs, FlowStore, JobStore } from '../ports/jobs.ts';
import { droppedIn } from '../record/droppedCalls.ts';
import type { JobRecord, Status } from '../record/record.ts';
import type { StepStore } from '../steps/kept.ts';
import { ownerOf } from '../steps/owner.ts';
import { childrenOf } from '../worker/attempt/childJobs.ts';

/** One job of the tree. */
export interface FlowNode {
  readonly id: string;
  /** What the job is to the node above. */
  readonly as: 'root' | 'child' | 'dependant';
  /** undefined: no worker has seen the job yet, or its row has expired. */
  readonly status: Status | undefined;
  readonly kind: string | undefined;
  /** The first of the job's dependencies. */
  readonly dependsOn: readonly string[];
  readonly below: readonly FlowNode[];
  /** The jobs below are left out: they are drawn elsewhere, or the limit is reached. */
  readonly cut: boolean;
}

interface FlowSources {
  readonly store: Pick<JobStore, 'get'>;
  readonly flows: Pick<FlowStore, 'edgesOf'>;
  readonly blobs: Blobs;
  readonly stepStore: Pick<StepStore, 'read'>;
}

const WIDTH = 8;

/** The jobs that a job called. */
const calledIds = async (record: JobRecord, stepStore: FlowSources['stepStore']) => {
  const waited = (record.wait?.for ?? []).flatMap(({ job }) => job ?? []);
  const { steps } = await stepStore.read(ownerOf(record, record.updatedAt));
  return [...new Set([...waited, ...droppedIn(record), ...steps.flatMap(({ job }) => job ?? [])])];
};

const childIds = async (
  record: JobRecord | undefined,
  { blobs, stepStore }: Pick<FlowSources, 'blobs' | 'stepStore'>,
): Promise<string[]> => {
  if (record === undefined) return [];
  const called = await calledIds(record, stepStore);
  if (record.children === undefined && record.childrenRef === undefined) return called;
  const children = (await childrenOf(record, blobs)) ?? [];
  return [...new Set([...called, ...children.map((child) => jobIdOf(child, ''))])];
};

/**
 * Reads the tree below a job.
 * @param limit how many jobs are drawn with the jobs below them
 */
export const flowOf = (id: string, limit: number, sources: FlowSources): Promise<FlowNode> => {
  const seen = new Set<string>();
  const draw = async (nodeId: string, as: FlowNode['as']): Promise<FlowNode> => {
    const cut = seen.has(nodeId) || seen.size >= limit;
    seen.add(nodeId);
    const edgesRead = cut ? [] : sources.flows.edgesOf(nodeId);
    const [record, edges] = await Promise.all([sources.store.get(nodeId), edgesRead]);
    const { status, kind, dependsOn = [] } = record ?? {};
    const node = { id: nodeId, as, status, kind, dependsOn, cut };
    if (cut) return { ...node, below: [] };
    const children = await childIds(record, sources);
    const next = [
      ...children.map((child) => [child, 'child'] as const),
      ...edges
        .filter(({ dependant, call }) => !call && !children.includes(dependant))
        .map(({ dependant }) => [dependant, 'dependant'] as const),
    ];
    return { ...node, below: await mapPool(next, WIDTH, ([below, how]) => draw(below, how)) };
  };
  return draw(id, 'root');
};
