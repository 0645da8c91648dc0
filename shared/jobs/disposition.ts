/** What becomes of a message, and what it takes to decide that. */
import type { Clock, Ids, Logger, Random } from '#shared/kernel/ports.ts';
import type { JobContext, Kinds } from './defineJob.ts';
import type { Blobs, JobStore } from './ports.ts';

export interface JobDeps {
  readonly kinds: Kinds;
  readonly store: JobStore;
  readonly blobs: Blobs;
  readonly services: Pick<JobContext, 'workspaces' | 'http'>;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly random: Random;
  readonly logger: Logger;
  readonly leaseSeconds: number;
}

interface Report {
  readonly id: string;
  readonly kind: string;
  readonly attempt?: number;
  /** From the producer's send to the start of the handler, and of the handler's run, in ms. */
  readonly startMs?: number;
  readonly runMs?: number;
  readonly code?: string;
}

export type Disposition =
  /** The message is done with. */
  | ({ readonly action: 'delete'; readonly as: DeleteReason } & Report)
  /** The message must come back, after `seconds`. */
  | ({ readonly action: 'return'; readonly as: ReturnReason; readonly seconds: number } & Report);

type DeleteReason = 'completed' | 'dead' | 'quarantined' | 'duplicate';
type ReturnReason = 'retrying' | 'running' | 'early' | 'lost' | 'no_time' | 'fault';
