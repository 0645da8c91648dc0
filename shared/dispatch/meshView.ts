/**
 * The hosts as one worker sees them: a few seconds old for the choice, and current for the check
 * before a call.
 */

import type { HostRegistry, ShardStore } from '#shared/hosts/ports.ts';
import type { Live } from '#shared/hosts/probing/hostState.ts';
import type { Host } from '#shared/hosts/registry/host.ts';
import { LIMITS } from '#shared/kernel/limits.ts';
import type { Clock } from '#shared/kernel/ports.ts';
import { type Candidate, candidateOf, type Learnt, type Performance } from './selectHost.ts';

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

/** Times are ms since the epoch. */
interface Noted extends Learnt {
  /** When a call found the host dead. */
  readonly suspectedAt?: number;
}

/** All hosts of one reading, and their places by id. */
interface Look {
  readonly at: number;
  readonly seen: readonly Seen[];
  readonly places: ReadonlyMap<string, number>;
  readonly candidates: Candidate[];
}

export interface View {
  /** All hosts, as they were at most a few seconds ago, with what calls have shown since. */
  candidates(): Promise<readonly Candidate[]>;
  find(id: string): Promise<Candidate | undefined>;
  /** The current state of the host. */
  live(host: Host): Promise<Live | undefined>;
  /** The host takes no more jobs for so long. */
  full(id: string, ms: number): void;
  /** The host is not used until its state has been written again. */
  suspect(id: string): void;
  learn(id: string, record: Performance | undefined): void;
}

const NOTHING_SEEN: Look = {
  at: Number.NEGATIVE_INFINITY,
  seen: [],
  places: new Map(),
  candidates: [],
};

/** A view that reads all hosts again when it is older than a few seconds. */
export const createView = ({ registry, states, clock }: ViewDeps): View => {
  const noted = new Map<string, Noted>();
  let last = NOTHING_SEEN;
  let looking: Promise<void> | undefined;

  const ofShard = async (shard: string): Promise<readonly Seen[]> => {
    const [hosts, { live, at }] = await Promise.all([
      registry.ofShard(shard),
      states.read(shard, { stale: true }),
    ]);
    return hosts.map((host) => ({ host, live: live.get(host.number), at }));
  };

  const asNoted = ({ host, live, at }: Seen): Candidate => {
    const { suspectedAt = 0, ...learnt } = noted.get(host.id) ?? {};
    const isSuspect = suspectedAt > 0 && at <= suspectedAt;
    const fullUntil = isSuspect ? Number.POSITIVE_INFINITY : (learnt.fullUntil ?? 0);
    return candidateOf(host, live, { ...learnt, fullUntil }, clock.now());
  };

  const look = async (): Promise<void> => {
    const at = clock.now();
    const seen = (await Promise.all((await registry.shards()).map(ofShard))).flat();
    const places = new Map(seen.map(({ host }, place) => [host.id, place]));
    last = { at, seen, places, candidates: seen.map(asNoted) };
  };

  /** Questions at the same time share one reading. */
  const current = async (): Promise<Look> => {
    if (clock.now() - last.at <= LIMITS.meshFreshMs) return last;
    looking ??= look().finally(() => {
      looking = undefined;
    });
    await looking;
    return last;
  };

  const note = (id: string, news: Noted): void => {
    noted.set(id, { ...noted.get(id), ...news });
    const place = last.places.get(id);
    const seen = place === undefined ? undefined : last.seen[place];
    if (place !== undefined && seen) last.candidates[place] = asNoted(seen);
  };

  return {
    candidates: async () => (await current()).candidates,
    find: async (id) => {
      const { places, candidates } = await current();
      const place = places.get(id);
      return place === undefined ? undefined : candidates[place];
    },
    live: async ({ shard, number }) => (await states.read(shard)).live.get(number),
    full: (id, ms) => note(id, { fullUntil: clock.now() + ms }),
    suspect: (id) => note(id, { suspectedAt: clock.now() }),
    learn: (id, record) => note(id, { record }),
  };
};
