/** What becomes of a message, and what it takes to decide that. */

import type { HoldAllocator } from '#shared/billing/ports.ts';
import type { Dispatcher } from '#shared/dispatch/ports.ts';
import type { Clock, Ids, Logger, Random } from '#shared/kernel/ports.ts';
import type { JobContext, Kinds } from '../kinds/defineJob.ts';
import type { GroupHalts } from '../ports/groups.ts';
import type { Blobs, ChainStore, FlowStore, Gate, JobStore, Limiter } from '../ports/jobs.ts';
import type { Ticks } from '../ports/ticks.ts';

export interface JobDeps {
  readonly kinds: Kinds;
  readonly store: JobStore;
  readonly flows: FlowStore;
  readonly gate: Gate;
  readonly groups: GroupHalts;
  readonly limiter: Limiter;
  readonly chains: ChainStore;
  readonly ticks: Ticks;
  readonly allocator: HoldAllocator;
  readonly hosts: Dispatcher;
  readonly blobs: Blobs;
  readonly services: Pick<JobContext, 'workspaces' | 'http'>;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly random: Random;
  readonly logger: Logger;
  readonly leaseSeconds: number;
  /** How long the queue keeps a message, in seconds. */
  readonly retentionSeconds: number;
}

interface Report {
  readonly id: string;
  readonly kind: string;
  readonly attempt?: number;
  /** From the producer's send to the start of the handler, and of the handler's run, in ms. */
  readonly startMs?: number;
  /** With `startMs`: of the queue that it waited in. */
  readonly priority?: string;
  readonly runMs?: number;
  /** From the producer's send to the end of the job, in ms; of a job that has ended with this run. */
  readonly finishMs?: number;
  /** What became of its price before it ran. */
  readonly money?: 'held' | 'refused';
  readonly code?: string;
  readonly correlationId?: string;
}

/** The message is done with, or must come back after `seconds`. */
export type Fate =
  | { readonly action: 'delete' }
  | { readonly action: 'return'; readonly seconds: number };

export type Decision =
  | 'completed'
  | 'dead'
  | 'quarantined'
  | 'cancelled'
  | 'duplicate'
  | 'retrying'
  | 'snoozed'
  | 'scheduled'
  | 'waiting'
  | 'limited'
  | 'paused'
  | 'behind'
  | 'halted'
  | 'interrupted'
  | 'running'
  /** Its attempt died with its worker: it is to run beside no other job. */
  | 'apart'
  | 'early'
  | 'lost'
  | 'no_time'
  | 'fault';

export type Disposition = Fate & { readonly as: Decision } & Report;
