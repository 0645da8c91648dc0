/**
 * Keeps what one invocation holds: extends the leases of running attempts and the visibility of
 * their messages together, so that neither outlives the other by more than one beat.
 */
import type { Clock, Logger } from '#shared/kernel/ports.ts';
import type { Delivery, JobStore, Visibility } from '../ports/jobs.ts';
import type { CancelRequest, Lease } from '../record/record.ts';

/** What a running attempt wants to hear of; its end is told at most once. */
interface Listener {
  /** The lease went elsewhere. */
  lost(): void;
  /** A person wants the attempt to end. */
  cancelled(request: CancelRequest): void;
  /** The lease goes on until then, ms since the epoch. Called at each beat. */
  extended(until: number): void;
}

export interface Heartbeat {
  /** Registers a running attempt; call the answer when it has ended. */
  extend(lease: Lease, listener: Listener): () => void;
  /** The message is decided; its visibility is no longer ours to move. */
  decided(delivery: Delivery): void;
  /** Resolves when nothing of it is under way any more: what is changed after it stands. */
  stop(): Promise<void>;
}

interface HeartbeatOptions {
  readonly store: JobStore;
  readonly visibility: Visibility;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly leaseSeconds: number;
  readonly deliveries: readonly Delivery[];
}

/** One beat every third of a lease: two may fail before it ends. */
const BEATS_PER_LEASE = 3;

/** Starts to beat at once. */
export const createHeartbeat = (options: HeartbeatOptions): Heartbeat => {
  const { store, visibility, clock, logger, leaseSeconds } = options;
  const unsettled = new Set(options.deliveries);
  const held = new Map<Lease, Listener>();

  const cover = async (): Promise<void> => {
    const entries = [...unsettled].map((delivery) => ({ delivery, seconds: leaseSeconds }));
    const refused = await visibility.change(entries);
    if (refused.length > 0) logger.warn('visibility not extended', { messageIds: refused });
  };

  const extend = async (lease: Lease, listener: Listener): Promise<void> => {
    const leaseUntil = clock.now() + leaseSeconds * 1_000;
    const outcome = await store.amend(lease, { leaseUntil });
    if (outcome.kind === 'lost' && held.delete(lease)) listener.lost();
    if (outcome.kind === 'applied' && held.has(lease)) listener.extended(leaseUntil);
    const request = outcome.kind === 'applied' ? outcome.record?.cancelRequest : undefined;
    if (request && held.delete(lease)) listener.cancelled(request);
  };

  // A beat that fails is not the job's failure: the lease still stands, the next beat tries again.
  const survive = (what: string) => (error: unknown) => logger.warn(what, { error });

  const beat = async (): Promise<void> => {
    const leases = [...held].map(([lease, listener]) => extend(lease, listener));
    await Promise.all([
      cover().catch(survive('heartbeat could not extend visibility')),
      ...leases.map((lease) => lease.catch(survive('heartbeat could not extend a lease'))),
    ]);
  };

  // At once: until then a crash would cost the queue's default visibility, many times a lease.
  let beating = cover().catch(survive('could not shorten visibility; a crash now costs more time'));
  const timer = setInterval(
    () => {
      beating = beating.then(beat);
    },
    (leaseSeconds * 1_000) / BEATS_PER_LEASE,
  );
  return {
    extend: (lease, listener) => {
      held.set(lease, listener);
      return () => held.delete(lease);
    },
    decided: (delivery) => unsettled.delete(delivery),
    stop: () => {
      clearInterval(timer);
      return beating;
    },
  };
};
