/**
 * Adds, changes and removes hosts: reads, then writes on the condition of what was read, and
 * repeats when others wrote in between.
 */

import { SHARD_HOSTS_MAX } from '#shared/contracts/hosts.ts';
import { doubled, fullJitter } from '#shared/kernel/backoff.ts';
import { LIMITS } from '#shared/kernel/limits.ts';
import type { Clock, Random } from '#shared/kernel/ports.ts';
import type { HostChange, HostStore, Written } from '../ports.ts';
import {
  differenceOf,
  type HostDefinition,
  type HostOutcome,
  isSameOverlay,
  placeFor,
} from './definition.ts';
import type { Host, Overlay } from './host.ts';

export interface ManageHostsDeps {
  readonly store: HostStore;
  readonly clock: Clock;
  readonly random: Random;
  readonly wait: (ms: number) => Promise<void>;
  readonly hostsMax?: number;
  readonly onOutcome?: (outcome: HostOutcome) => void;
}

const pause = ({ random, wait }: ManageHostsDeps, tries: number): Promise<void> =>
  wait(fullJitter(doubled(LIMITS.hostRetryBaseMs, tries, LIMITS.hostRetryCapMs), random));

/** What is known of the space in the shards while no one else writes. */
interface Room {
  counts?: Map<string, number>;
  readonly next: Map<string, number>;
}

const place = async (interval: number, room: Room, { store, hostsMax }: ManageHostsDeps) => {
  room.counts ??= new Map(await store.counts());
  const found = placeFor(interval, room.counts, hostsMax ?? SHARD_HOSTS_MAX);
  const next = room.next.get(found.shard) ?? (await store.nextNumber(found.shard));
  return { ...found, next };
};

/** After a successful write: the space as it is now. After any other: unknown. */
const recount = (
  room: Room,
  written: Written,
  { shard, next }: { readonly shard: string; readonly next: number },
  count: number,
): void => {
  if (written === 'done') {
    room.counts?.set(shard, (room.counts.get(shard) ?? 0) + count);
    room.next.set(shard, next + count);
    return;
  }
  delete room.counts;
  room.next.clear();
};

const create = async (
  definitions: readonly HostDefinition[],
  room: Room,
  deps: ManageHostsDeps,
): Promise<readonly HostOutcome[]> => {
  const interval = definitions[0]?.probe.intervalSeconds ?? 0;
  const at = await place(interval, room, deps);
  const createdAt = deps.clock.now();
  const hosts = definitions.slice(0, at.room).map((definition, index) => ({
    ...definition,
    shard: at.shard,
    number: at.next + index,
    version: 1,
    createdAt,
  }));
  const written = await deps.store.create(hosts, deps.hostsMax ?? SHARD_HOSTS_MAX);
  recount(room, written, at, hosts.length);
  return written === 'done' ? hosts.map(({ id }) => ({ id, code: 'created' })) : [];
};

/** A moved host gets a new number, and its change count starts again above the old one. */
const move = async (
  seen: Host,
  definition: HostDefinition,
  room: Room,
  deps: ManageHostsDeps,
): Promise<readonly HostOutcome[]> => {
  const at = await place(definition.probe.intervalSeconds, room, deps);
  const next = {
    ...seen,
    ...definition,
    shard: at.shard,
    number: at.next,
    version: seen.version + 1,
    createdAt: deps.clock.now(),
  };
  const written = await deps.store.move({ seen, next }, deps.hostsMax ?? SHARD_HOSTS_MAX);
  recount(room, written, at, 1);
  return written === 'done' ? [{ id: seen.id, code: 'moved' }] : [];
};

const rewrite = async (
  changes: readonly HostChange[],
  { store }: ManageHostsDeps,
): Promise<readonly HostOutcome[]> =>
  (await store.rewrite(changes)) === 'done'
    ? changes.map(({ next: { id } }) => ({ id, code: 'changed' }))
    : [];

type Step = () => Promise<readonly HostOutcome[]>;

const answerOf = (
  seen: Host,
  definition: HostDefinition,
  replace: boolean,
): HostOutcome | undefined => {
  const difference = differenceOf(seen, definition);
  if (!difference) return { id: seen.id, code: 'exists' };
  return replace ? undefined : { id: seen.id, code: `exists_with_different_${difference}` };
};

const isMove = (seen: Host, { probe }: HostDefinition): boolean =>
  seen.probe.intervalSeconds !== probe.intervalSeconds;

/** What is decided by the existing hosts, and the writes for the rest. */
const plan = (
  definitions: readonly HostDefinition[],
  found: ReadonlyMap<string, Host>,
  replace: boolean,
  room: Room,
  deps: ManageHostsDeps,
): { readonly decided: readonly HostOutcome[]; readonly steps: readonly Step[] } => {
  const decided: HostOutcome[] = [];
  const steps: Step[] = [];
  const fresh: HostDefinition[] = [];
  const changes: HostChange[] = [];
  for (const definition of definitions) {
    const seen = found.get(definition.id);
    const answered = seen && answerOf(seen, definition, replace);
    if (!seen) fresh.push(definition);
    else if (answered) decided.push(answered);
    else if (isMove(seen, definition)) steps.push(() => move(seen, definition, room, deps));
    else changes.push({ seen, next: { ...seen, ...definition, version: seen.version + 1 } });
  }
  for (const [, group] of Map.groupBy(fresh, ({ probe }) => probe.intervalSeconds))
    steps.push(() => create(group, room, deps));
  for (const [, group] of Map.groupBy(changes, ({ seen }) => seen.shard))
    steps.push(() => rewrite(group, deps));
  return { decided, steps };
};

const addChunk = async (
  definitions: readonly HostDefinition[],
  replace: boolean,
  room: Room,
  deps: ManageHostsDeps,
): Promise<readonly HostOutcome[]> => {
  const outcomes = new Map<string, HostOutcome>();
  const note = (made: readonly HostOutcome[]): void => {
    for (const outcome of made) outcomes.set(outcome.id, outcome);
  };
  let open = definitions;
  for (let tries = 0; open.length > 0 && tries < LIMITS.hostTriesMax; ) {
    const found = await deps.store.find(open.map(({ id }) => id));
    const { decided, steps } = plan(open, found, replace, room, deps);
    note(decided);
    const made = [];
    for (const step of steps) made.push(await step());
    note(made.flat());
    open = open.filter(({ id }) => !outcomes.has(id));
    // A host that only found its shard full is tried again at once.
    if (made.some(({ length }) => length === 0)) await pause(deps, tries++);
  }
  return definitions.map(({ id }) => outcomes.get(id) ?? { id, code: 'busy' });
};

/**
 * Adds hosts. The same host again changes nothing. Another host with an existing id needs
 * `replace`, and keeps the overlay. An interrupted call can be repeated.
 *
 * @returns an outcome for each definition, in their order
 */
export const addHosts = async (
  definitions: readonly HostDefinition[],
  { replace = false }: { readonly replace?: boolean },
  deps: ManageHostsDeps,
): Promise<readonly HostOutcome[]> => {
  const room: Room = { next: new Map() };
  const outcomes: HostOutcome[] = [];
  let chunk = new Map<string, HostDefinition>();
  const flush = async (): Promise<void> => {
    const made = await addChunk([...chunk.values()], replace, room, deps);
    for (const outcome of made) deps.onOutcome?.(outcome);
    outcomes.push(...made);
    chunk = new Map();
  };
  for (const definition of definitions) {
    // The same id twice in one input: the second meets the first.
    if (chunk.size === LIMITS.hostBatchMax || chunk.has(definition.id)) await flush();
    chunk.set(definition.id, definition);
  }
  await flush();
  return outcomes;
};

/** Reads and writes one host until no one wrote in between. */
const once = async (
  id: string,
  deps: ManageHostsDeps,
  write: (seen: Host) => Promise<Written> | HostOutcome['code'],
  code: HostOutcome['code'],
): Promise<HostOutcome> => {
  for (let tries = 0; tries < LIMITS.hostTriesMax; tries += 1) {
    const seen = await deps.store.get(id);
    if (!seen) return { id, code: 'not_found' };
    const written = await write(seen);
    if (written === 'done') return { id, code };
    if (written !== 'stale' && written !== 'busy') return { id, code: written };
    await pause(deps, tries);
  }
  return { id, code: 'busy' };
};

/**
 * Sets the overlay of a host.
 *
 * @param overlay undefined removes the overlay
 */
export const setOverlay = (
  id: string,
  overlay: Overlay | undefined,
  deps: ManageHostsDeps,
): Promise<HostOutcome> =>
  once(
    id,
    deps,
    (seen) => {
      if (isSameOverlay(seen.overlay, overlay)) return 'exists';
      const { overlay: _old, ...bare } = seen;
      const next = { ...bare, ...(overlay && { overlay }), version: seen.version + 1 };
      return deps.store.rewrite([{ seen, next }]);
    },
    'changed',
  );

/** Removes a host. Its number is never given again. */
export const removeHost = (id: string, deps: ManageHostsDeps): Promise<HostOutcome> =>
  once(id, deps, (seen) => deps.store.remove(seen), 'removed');
