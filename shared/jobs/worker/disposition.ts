/** The decision about a message, and the ports that a decision needs. */

import type { HoldAllocator } from '#shared/billing/ports.ts';
import type { Dispatcher } from '#shared/dispatch/ports.ts';
import type { Clock, Ids, Logger, Random } from '#shared/kernel/ports.ts';
import type { JobContext, Kinds } from '../kinds/defineJob.ts';
import type { GroupHalts } from '../ports/groups.ts';
import type { Blobs, ChainStore, FlowStore, Gate, JobStore, Visibility } from '../ports/jobs.ts';
import type { Limiter } from '../ports/limits.ts';
import type { PoolRouter } from '../ports/pools.ts';
import type { SignalStore } from '../ports/signals.ts';
import type { Ticks } from '../ports/ticks.ts';
import type { SignalLinks } from '../signalUrls/link.ts';
import type { StepStore } from '../steps/kept.ts';

/** Everything that the worker needs to decide and run a job. */
export interface JobDeps {
  readonly kinds: Kinds;
  readonly pools: PoolRouter;
  readonly store: JobStore;
  readonly flows: FlowStore;
  readonly gate: Gate;
  readonly groups: GroupHalts;
  readonly limiter: Limiter;
  readonly chains: ChainStore;
  readonly ticks: Ticks;
  readonly stepStore: StepStore;
  readonly signals: Pick<SignalStore, 'send' | 'wake'>;
  /** undefined: the mesh has no signal URLs. */
  readonly links?: SignalLinks | undefined;
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
  /** How long input waits for a worker that knows its kind, in seconds; 0: not at all. */
  readonly graceSeconds: number;
}

interface Report {
  readonly id: string;
  readonly kind: string;
  readonly attempt?: number;
  /** From the producer's send to the start of the handler, in ms. */
  readonly startMs?: number;
  /** Only with `startMs`: the queue in which the job waited. */
  readonly priority?: string;
  /** How long the handler ran, in ms. */
  readonly runMs?: number;
  /** From the producer's send to the job's end, in ms; only when this attempt ended the job. */
  readonly finishMs?: number;
  /** Whether the job's price was held before its run, or the hold was refused. */
  readonly money?: 'held' | 'refused';
  readonly code?: string;
  readonly correlationId?: string;
  /** Work for the time when the message waits in its queue. Never rejects. */
  readonly afterwards?: (deps: { readonly visibility: Visibility }) => Promise<void>;
}

/** Whether the message is deleted, or comes back after `seconds`. */
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
  /** The last attempt died with its worker: the next one must run beside no other job. */
  | 'apart'
  | 'early'
  | 'lost'
  | 'no_time'
  /** This worker cannot run the input, but another worker may. */
  | 'unknown'
  /** The job went to the queue of its pool. */
  | 'moved'
  | 'fault';

export type Disposition = Fate & { readonly as: Decision } & Report;
