/** The mesh as one worker sees it: a few seconds old to choose from, and as it is right now to be sure. */
import { LIMITS } from '#shared/kernel/limits.ts';
import type { Clock } from '#shared/kernel/ports.ts';
import type { Host } from './host.ts';
import type { Live } from './live.ts';
import type { HostRegistry, ShardStore } from './ports.ts';
import { type Candidate, candidateOf, type Performance } from './selection.ts';

export interface ViewDeps {
  readonly registry: Pick<HostRegistry, 'ofShard' | 'shards'>;
  readonly states: Pick<ShardStore, 'read'>;
  readonly clock: Clock;
}

interface Seen {
  readonly host: Host;
  readonly live: Live | undefined;
  /** When the state was written, ms since the epoch. */
  readonly at: number;
}

/** What this worker has learnt of a host by calling it. Times in ms since the epoch. */
interface Learnt {
  /** Until when it takes nothing more. */
  readonly fullUntil?: number;
  /** When a call found it dead. */
  readonly suspectedAt?: number;
  readonly record?: Performance | undefined;
}

export interface View {
  /** All hosts, as they were a few seconds ago at most, and as calls have found them since. */
  candidates(): Promise<readonly Candidate[]>;
  find(id: string): Promise<Host | undefined>;
  /** Its state as it is right now. */
  live(host: Host): Promise<Live | undefined>;
  /** It takes nothing more for so long. */
  full(id: string, ms: number): void;
  /** Not to be used before its state has been written again. */
  suspect(id: string): void;
  learn(id: string, record: Performance | undefined): void;
}

const isOut = ({ fullUntil = 0, suspectedAt = 0 }: Learnt, at: number, now: number): boolean =>
  now < fullUntil || (suspectedAt > 0 && at <= suspectedAt);

export const createView = ({ registry, states, clock }: ViewDeps): View => {
  const learnt = new Map<string, Learnt>();
  let seen: readonly Seen[] = [];
  let seenAt = Number.NEGATIVE_INFINITY;
  let looking: Promise<void> | undefined;

  const ofShard = async (shard: string): Promise<readonly Seen[]> => {
    const [hosts, { live, at }] = await Promise.all([
      registry.ofShard(shard),
      states.read(shard, { stale: true }),
    ]);
    return hosts.map((host) => ({ host, live: live.get(host.number), at }));
  };

  const look = async (): Promise<void> => {
    const startedAt = clock.now();
    seen = (await Promise.all((await registry.shards()).map(ofShard))).flat();
    seenAt = startedAt;
  };

  /** Those who ask at the same time share one look. */
  const current = async (): Promise<readonly Seen[]> => {
    if (clock.now() - seenAt <= LIMITS.meshFreshMs) return seen;
    looking ??= look().finally(() => {
      looking = undefined;
    });
    await looking;
    return seen;
  };

  const note = (id: string, news: Learnt): void => {
    learnt.set(id, { ...learnt.get(id), ...news });
  };

  return {
    candidates: async () => {
      const now = clock.now();
      return (await current()).map(({ host, live, at }) => {
        const known = learnt.get(host.id) ?? {};
        const free = isOut(known, at, now) ? 0 : host.concurrency;
        return candidateOf(host, live, { record: known.record, free }, now);
      });
    },
    find: async (id) => (await current()).find(({ host }) => host.id === id)?.host,
    live: async ({ shard, number }) => (await states.read(shard)).live.get(number),
    full: (id, ms) => note(id, { fullUntil: clock.now() + ms }),
    suspect: (id) => note(id, { suspectedAt: clock.now() }),
    learn: (id, record) => note(id, { record }),
  };
};
