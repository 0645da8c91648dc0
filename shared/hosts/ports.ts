/** What the rules of hosts need from outside; adapters are in dynamo/, sqs/ and http/. */

import type { Live, StateChange } from './probing/hostState.ts';
import type { ProbeOutcome } from './probing/probeOutcome.ts';
import type { Host } from './registry/host.ts';
import type { Rollup, Rollups } from './rollups.ts';

/** Probes a host once. Never rejects. */
export type Probe = (host: Host, timeoutMs: number) => Promise<ProbeOutcome>;

/** The process was delayed, so what looked late may have been in time. */
export interface Stall {
  /**
   * `event_loop`: the loop was blocked. `clock_jump`: the process was stopped and went on later.
   */
  readonly kind: 'event_loop' | 'clock_jump';
  /** Length of the delay, in ms. */
  readonly ms: number;
}

export interface Stalls {
  /** A monotonic time, in ms. */
  now(): number;
  /** The longest delay that overlaps this span of {@link now}. */
  between(from: number, to: number): Stall | undefined;
}

/** The registry of hosts. Every write is conditional and safe to repeat. */
export interface HostRegistry {
  get(id: string): Promise<Host | undefined>;
  /** The hosts of a shard; read again only when one of them has changed. */
  ofShard(shard: string): Promise<readonly Host[]>;
  /** All shards that have hosts. */
  shards(): Promise<readonly string[]>;
}

/** stale: what was read has changed. busy: others write; nothing was done. */
export type Written = 'done' | 'stale' | 'busy';

export interface HostChange {
  readonly seen: Host;
  readonly next: Host;
}

/**
 * The registry with its writes: each is one transaction, on the condition of what the caller has
 * read.
 */
export interface HostStore extends HostRegistry {
  /** The hosts that exist, by id. Strongly consistent. */
  find(ids: readonly string[]): Promise<ReadonlyMap<string, Host>>;
  /** Number of hosts of each shard. */
  counts(): Promise<ReadonlyMap<string, number>>;
  /** The number that the shard's next host gets. */
  nextNumber(shard: string): Promise<number>;
  /** Creates hosts of one shard, with its next numbers. */
  create(hosts: readonly Host[], hostsMax: number): Promise<Written>;
  /** Changes hosts of one shard, which stay in it. */
  rewrite(changes: readonly HostChange[]): Promise<Written>;
  /** Moves a host to another shard, with that shard's next number. */
  move(change: HostChange, hostsMax: number): Promise<Written>;
  remove(host: Host): Promise<Written>;
}

/** A shard's state as it was read. */
export interface ShardState {
  /** Version of the commit; 0 before the first. */
  readonly version: number;
  readonly tick: number;
  /** ms since the epoch. */
  readonly at: number;
  readonly live: ReadonlyMap<number, Live>;
}

/** Times are ms since the epoch. */
interface Claim {
  readonly tick: number;
  readonly owner: string;
  readonly from: number;
  readonly until: number;
  /**
   * The least time to the start of another run, in ms: probe runs that piled up are not made up
   * for.
   */
  readonly apartMs: number;
}

export interface ShardStore {
  /** Reads the state; strongly consistent by default. */
  read(shard: string, options?: { readonly stale: boolean }): Promise<ShardState>;
  /** Claims a probe run; false when a tick as new was claimed, or another one just now. */
  claim(shard: string, claim: Claim): Promise<boolean>;
  /**
   * Writes state, fence and outbox in one write; false when the state has changed since it was
   * read.
   */
  commit(
    shard: string,
    seen: ShardState,
    next: Omit<ShardState, 'version'>,
    changes: readonly StateChange[],
  ): Promise<boolean>;
}

export interface ClosedHour extends Rollup {
  /** Version of the state that counted the hour. */
  readonly version: number;
}

export interface RollupStore extends Rollups {
  /**
   * Writes an hour. To write it twice is harmless; an hour of an older state never replaces a newer
   * one. The last hour of a day also writes the day's sum.
   *
   * @param now ms since the epoch
   */
  putHour(shard: string, hour: ClosedHour, now: number): Promise<void>;
}

/** Announces changes on the event bus. */
export interface HostEvents {
  /** Resolves when all are put. To put a change again is harmless: its id is the same. */
  put(changes: readonly StateChange[]): Promise<void>;
}

/** What is kept of changes for people. */
export interface HostProjection {
  /** Those of the changes that were recorded before, as `host#seq`. */
  recorded(changes: readonly StateChange[]): Promise<ReadonlySet<string>>;
  record(shard: string, changes: readonly StateChange[]): Promise<void>;
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
   * Writes every row again from the state, and removes rows of hosts that are gone.
   *
   * @param hostsOf read after the rows, so that a host that is added meanwhile keeps its row
   * @returns the number of hosts
   */
  rebuild(shard: string, state: ShardState, hostsOf: HostRegistry['ofShard']): Promise<number>;
}

export interface HostHistory {
  /** The last changes of a host, the newest first. */
  changes(host: string, limit: number): Promise<readonly StateChange[]>;
}

export interface SlotsReader {
  /** How many slots of each host are leased. @param now ms since the epoch */
  used(
    hosts: readonly Pick<Host, 'id' | 'concurrency'>[],
    now: number,
  ): Promise<ReadonlyMap<string, number>>;
  /** The jobs that hold a slot of the host, the one whose lease ends first first. @param now ms since the epoch */
  jobs(host: Pick<Host, 'id' | 'concurrency'>, now: number): Promise<readonly LeasedSlot[]>;
}

/** A slot in use. */
export interface LeasedSlot {
  readonly job: string;
  /** The end of its lease, ms since the epoch; each heartbeat of the job extends it. */
  readonly until: number;
}

/** A message of the probes queue. */
export type ProbeMessage =
  /** A minute has begun: every shard is probed as often as its interval says. */
  | { readonly kind: 'minute'; readonly at: number }
  | { readonly kind: 'shard'; readonly shard: string; readonly at: number }
  /** A job's call found the host dead: the host is probed now. */
  | {
      readonly kind: 'suspect';
      readonly shard: string;
      readonly host: string;
      readonly at: number;
      readonly detail: string;
    };

export interface ProbeQueue {
  /**
   * Sends messages.
   *
   * @param delaySeconds 0 to 900
   */
  send(
    messages: readonly { readonly message: ProbeMessage; readonly delaySeconds: number }[],
  ): Promise<void>;
}
