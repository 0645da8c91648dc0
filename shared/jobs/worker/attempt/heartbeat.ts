/**
 * Extends what one invocation holds: the leases of running attempts and the visibility of their
 * messages. Both are extended together, so that neither outlives the other by more than one beat.
 */
import type { Clock, Logger } from '#shared/kernel/ports.ts';
import type { Delivery, JobStore, Visibility } from '../../ports/jobs.ts';
import type { CancelRequest, Lease } from '../../record/record.ts';

/**
 * The events of a running attempt. Either `lost` or `cancelled` comes, and only once.
 */
interface Listener {
  /** Another attempt has the lease now. */
  lost(): void;
  /** A person wants the attempt to end. */
  cancelled(request: CancelRequest): void;
  /** The lease now lasts until `until`, ms since the epoch. Called at each beat. */
  extended(until: number): void;
}

/** The heartbeat of one invocation. */
export interface Heartbeat {
  /** Registers a running attempt. Call the returned function when the attempt has ended. */
  extend(lease: Lease, listener: Listener): () => void;
  /** The message is decided, so the heartbeat must not move its visibility any more. */
  decided(delivery: Delivery): void;
  /** Resolves when no beat is under way, so that later changes of visibility stay. */
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

/** Starts a heartbeat: the first beat covers the visibility of all messages at once. */
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

  // A failed beat is no failure of the job: the lease is still valid, and the next beat tries
  // again.
  const survive = (what: string) => (error: unknown) => logger.warn(what, { error });

  const beat = async (): Promise<void> => {
    const leases = [...held].map(([lease, listener]) => extend(lease, listener));
    await Promise.all([
      cover().catch(survive('heartbeat could not extend visibility')),
      ...leases.map((lease) => lease.catch(survive('heartbeat could not extend a lease'))),
    ]);
  };

  // At once: before this, a crash would cost the queue's default visibility, many times a lease.
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
