/**
 * What follows from the end of a job: its dependants, its children, its charge, its callback. Every
 * step may be repeated, because SQS and the conditions of the rows ignore a repetition.
 */

import type { Charges } from '#shared/billing/ports.ts';
import { mapPool } from '#shared/kernel/pool.ts';
import type { Logger } from '#shared/kernel/ports.ts';
import { childId } from '../envelope/childId.ts';
import { bodyOf, messageOf } from '../envelope/message.ts';
import type { Announcements, Edge, FlowStore, Outgoing, OutgoingMessage } from '../ports/jobs.ts';
import { quarantined } from '../record/newRecord.ts';
import type { JobRecord, Status } from '../record/record.ts';
import { childrenOf } from '../worker/attempt/childJobs.ts';
import { dependencyFault, failWaiting, verdictOf } from './dependencies.ts';
import { DEPENDENCIES_ENDED, releaseMessage } from './releases.ts';
import { endUntaken } from './untakenMessages.ts';
import {
  cancelCalled,
  cancelDropped,
  type Signalled,
  type WakeDeps,
  wakeCaller,
  wakeMessages,
} from './wakes.ts';

export interface RelayDeps extends WakeDeps {
  readonly flows: WakeDeps['flows'] & Pick<FlowStore, 'edgesOf' | 'fulfil'>;
  readonly outgoing: Outgoing;
  readonly announcements: Announcements;
  readonly charges: Charges;
  readonly logger: Logger;
}

/** What the stream tells of jobs. */
export interface Streamed {
  /** The rows of ended jobs, as the end wrote them. */
  readonly ended: readonly JobRecord[];
  /** The rows of jobs whose runs stopped and called jobs, as the runs left them. */
  readonly calling?: readonly JobRecord[];
  /** Rows that name called jobs that nobody waits for any more. */
  readonly dropping?: readonly JobRecord[];
  readonly signalled?: readonly Signalled[];
}

const WIDTH = 16;

interface EndedEdge extends Edge {
  readonly status: Status;
}

const resolveDependant = async (
  dependant: string,
  edges: readonly EndedEdge[],
  deps: RelayDeps,
): Promise<readonly OutgoingMessage[]> => {
  const bad = edges.find(({ status, onFailure }) => verdictOf(status, onFailure) === 'fail');
  if (bad) {
    const record = await deps.store.get(dependant);
    const fault = dependencyFault(bad.dependency, bad.status);
    if (record?.status === 'WAITING')
      await failWaiting(record, fault, deps.clock.now(), deps.store);
    return [];
  }
  const ordinals = edges.map(({ ordinal }) => ordinal);
  const record = await deps.flows.fulfil(dependant, ordinals);
  return record && !record.pending ? releaseMessage(record, DEPENDENCIES_ENDED, deps) : [];
};

/** Strikes off all edges of the batch to one dependant in one write. */
const resolveDependants = async (
  ended: readonly JobRecord[],
  deps: RelayDeps,
): Promise<readonly OutgoingMessage[]> => {
  const awaited = ended.filter(({ dependants }) => dependants);
  const edges = await mapPool(awaited, WIDTH, async ({ id, status }) =>
    (await deps.flows.edgesOf(id)).map((edge): EndedEdge => ({ ...edge, status })),
  );
  const [called = [], depended = []] = [true, undefined].map((call) =>
    edges.flat().filter((edge) => edge.call === call),
  );
  const woken = await mapPool(called, WIDTH, (edge) =>
    wakeCaller(edge.dependant, edge.dependency, deps),
  );
  const byDependant = [...Map.groupBy(depended, ({ dependant }) => dependant)];
  const messages = await mapPool(byDependant, WIDTH, ([dependant, of]) =>
    resolveDependant(dependant, of, deps),
  );
  return [...woken.flat(), ...messages.flat()];
};

/** Makes a quarantined row that tells of the lost children: the row of their parent has ended. */
const loseChildren = async (
  { id, childrenRef, priority, group }: JobRecord,
  { clock, store }: RelayDeps,
): Promise<void> => {
  const now = clock.now();
  const message = `the bucket holds no children of job ${id} at ${childrenRef} (any more)`;
  const error = { code: 'CHILDREN_GONE', message, attempt: 0, at: now };
  const lost = { id: childId(id, 'children'), messageId: '', priority, group, createdAt: now };
  await store.create(quarantined(lost, now, error, {}));
};

const childMessages = async (
  record: JobRecord,
  deps: RelayDeps,
): Promise<readonly OutgoingMessage[]> => {
  if (record.status !== 'COMPLETED') return [];
  const children = await childrenOf(record, deps.blobs);
  if (!children) {
    await loseChildren(record, deps);
    return [];
  }
  return children.map((child) =>
    messageOf(child, bodyOf(child), child.id ?? '', record.traceHeader),
  );
};

/**
 * Sends children, called jobs, released dependants and woken jobs, then charges, then announcements.
 * A step that fails does not stop the others.
 * @throws the error of the step that failed; AggregateError when several failed
 */
export const relay = async (
  { ended, calling = [], dropping = [], signalled = [] }: Streamed,
  deps: RelayDeps,
): Promise<void> => {
  const sendOn = async (): Promise<void> => {
    const children = await mapPool(ended, WIDTH, (record) => childMessages(record, deps));
    const released = await resolveDependants(ended, deps);
    const woken = await wakeMessages(signalled, calling, deps);
    await mapPool(ended, WIDTH, (record) => cancelCalled(record, deps));
    await mapPool(dropping, WIDTH, (record) => cancelDropped(record, deps));
    await endUntaken(await deps.outgoing.send([...children.flat(), ...released, ...woken]), deps);
  };
  const charge = () => deps.charges.send(ended.filter(({ cost }) => cost !== undefined));
  const announce = () =>
    deps.announcements.announce(ended.filter(({ callback }) => callback !== undefined));
  const faults: unknown[] = [];
  // A queue that cannot be reached must not stop what goes into the other queues.
  for (const step of [sendOn, charge, announce])
    await step().catch((fault: unknown) => void faults.push(fault));
  if (faults.length > 1) throw new AggregateError(faults, 'not all of an end was relayed');
  if (faults.length === 1) throw faults[0];
};
