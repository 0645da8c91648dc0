/** What the rules of hosts need of the outside; adapters are in dynamo/, sqs/ and http/. */

import type { Change, Live } from './probing/liveness.ts';
import type { ProbeOutcome } from './probing/probeOutcome.ts';
import type { Host } from './registry/host.ts';
import type { Rollup, Rollups } from './rollups.ts';

/** One probe. Never rejects. */
export type Probe = (host: Host, timeoutMs: number) => Promise<ProbeOutcome>;

/** Something held this process up, so that what looked late may have been in time. */
export interface Stall {
  /** The event loop was blocked, or the process was stopped and went on later. */
  readonly kind: 'event_loop' | 'clock_jump';
  /** How long. */
  readonly ms: number;
}

export interface Stalls {
  /** Monotonic, in ms. */
  now(): number;
  /** The worst that overlaps this span of {@link now}. */
  between(from: number, to: number): Stall | undefined;
}

/** The hosts of the mesh. Every write is conditional, safe to repeat. */
export interface HostRegistry {
  get(id: string): Promise<Host | undefined>;
  /** The hosts of a shard; read again only when one of them changed. */
  ofShard(shard: string): Promise<readonly Host[]>;
  /** All shards that have hosts. */
  shards(): Promise<readonly string[]>;
}

/** stale: what was read is not there any more; busy: others write, nothing was done. */
export type Written = 'done' | 'stale' | 'busy';

export interface HostChange {
  readonly seen: Host;
  readonly next: Host;
}

/** What changes the registry: each call is one transaction, under what its caller has read. */
export interface HostStore extends HostRegistry {
  /** Those that are there, by id. Strongly consistent. */
  find(ids: readonly string[]): Promise<ReadonlyMap<string, Host>>;
  /** How many hosts each shard has. */
  counts(): Promise<ReadonlyMap<string, number>>;
  /** The number that the shard gives next. */
  nextNumber(shard: string): Promise<number>;
  /** New hosts of one shard, numbered on from the number that it gives next. */
  create(hosts: readonly Host[], hostsMax: number): Promise<Written>;
  /** Hosts of one shard, which stay in it. */
  rewrite(changes: readonly HostChange[]): Promise<Written>;
  /** Into another shard, under a number of that one. */
  move(change: HostChange, hostsMax: number): Promise<Written>;
  remove(host: Host): Promise<Written>;
}

/** A shard's state as it was read. */
export interface ShardState {
  /** Of the commit; 0 when there was none. */
  readonly version: number;
  readonly tick: number;
  /** ms since the epoch. */
  readonly at: number;
  readonly live: ReadonlyMap<number, Live>;
}

/** Times in ms since the epoch. */
interface Claim {
  readonly tick: number;
  readonly owner: string;
  readonly from: number;
  readonly until: number;
  /** Between this run and another one's beginning: probe runs that piled up are not made up for. */
  readonly apartMs: number;
}

export interface ShardStore {
  /** Strongly consistent unless told otherwise. */
  read(shard: string, options?: { readonly stale: boolean }): Promise<ShardState>;
  /** false when a tick as new as this one was claimed already, or one only just now. */
  claim(shard: string, claim: Claim): Promise<boolean>;
  /** State, fence and outbox in one write; false when the state is not the one that was read. */
  commit(
    shard: string,
    seen: ShardState,
    next: Omit<ShardState, 'version'>,
    changes: readonly Change[],
  ): Promise<boolean>;
}

export interface ClosedHour extends Rollup {
  /** Of the state that counted it. */
  readonly version: number;
}

export interface RollupStore extends Rollups {
  /**
   * Written twice it is the same; one of an older state never replaces a newer one's. With the last
   * hour of a day its day is summed up.
   * @param now ms since the epoch
   */
  putHour(shard: string, hour: ClosedHour, now: number): Promise<void>;
}

/** Tells the world: the event bus. */
export interface HostEvents {
  /** Resolves when all are put; putting one again does no harm, for its id is the same. */
  put(changes: readonly Change[]): Promise<void>;
}

/** What is kept of changes for people to read. */
export interface HostProjection {
  /** Of these, by `host#seq`, those that were recorded before. */
  recorded(changes: readonly Change[]): Promise<ReadonlySet<string>>;
  record(shard: string, changes: readonly Change[]): Promise<void>;
}

/** A host's state as a row of its own. */
export interface HostRow extends Pick<Live, 'state' | 'reason' | 'seq'> {
  readonly host: string;
  /** ms since the epoch. */
  readonly since: number;
  readonly at: number;
}

export interface HostRows {
  rows(shard: string): Promise<readonly HostRow[]>;
  /**
   * Writes every row anew from the state, and takes away those of hosts that are gone.
   * @param hostsOf read after the rows, so that a host that comes meanwhile keeps its own
   * @returns how many hosts there are
   */
  rebuild(shard: string, state: ShardState, hostsOf: HostRegistry['ofShard']): Promise<number>;
}

export interface HostHistory {
  /** Newest first. */
  changes(host: string, limit: number): Promise<readonly Change[]>;
}

export interface SlotsReader {
  /** How many slots of each host are leased. @param now ms since the epoch */
  used(
    hosts: readonly Pick<Host, 'id' | 'concurrency'>[],
    now: number,
  ): Promise<ReadonlyMap<string, number>>;
}

/** What waits in the probes queue. */
export type ProbeMessage =
  /** The minute began: every shard is to be probed as often as its interval says. */
  | { readonly kind: 'minute'; readonly at: number }
  | { readonly kind: 'shard'; readonly shard: string; readonly at: number }
  /** A job's call found the host dead: to be looked at now. */
  | {
      readonly kind: 'suspect';
      readonly shard: string;
      readonly host: string;
      readonly at: number;
      readonly detail: string;
    };

export interface ProbeQueue {
  /** @param delaySeconds 0 to 900 */
  send(
    messages: readonly { readonly message: ProbeMessage; readonly delaySeconds: number }[],
  ): Promise<void>;
}
