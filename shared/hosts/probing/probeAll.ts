/**
 * Probes all hosts of a shard once; failed hosts twice; none after the run's budget. What may be
 * the prober's own fault never counts against a host.
 */
import { hash32 } from '#shared/kernel/hash.ts';
import { LIMITS } from '#shared/kernel/limits.ts';
import type { Clock, Random } from '#shared/kernel/ports.ts';
import type { Probe, Stalls } from '../ports.ts';
import type { Host } from '../registry/host.ts';
import type { Live } from './hostState.ts';
import { withoutOwnFaults, withoutResolverFaults } from './ownFaults.ts';
import type { ProbeOutcome, ProbeResult } from './probeOutcome.ts';

export interface HostToProbe {
  readonly host: Host;
  /** undefined: nothing is known of the host yet. */
  readonly live: Live | undefined;
}

export interface ProbeRun {
  /** A result for every host, by id. */
  readonly results: ReadonlyMap<string, ProbeResult>;
  /** Hosts without a probe, because the time was over; inconclusive in the results. */
  readonly skipped: number;
  /** ms since the epoch. */
  readonly startedAt: number;
  readonly endedAt: number;
}

export interface ProbeAllDeps {
  readonly probe: Probe;
  readonly clock: Clock;
  readonly random: Random;
  readonly stalls: Stalls;
  readonly sleep: (ms: number) => Promise<void>;
  /** The run ends within this time, in ms: no request begins that might take longer. */
  readonly budgetMs: number;
  /** vCPUs of the machine; may be a fraction. */
  readonly vcpus: number;
}

type Slots = <T>(work: () => Promise<T>) => Promise<T>;

/** At most `width` at once, in the order of the calls. */
const createSlots = (width: number): Slots => {
  let free = width;
  const waiting: (() => void)[] = [];
  return async (work) => {
    if (free > 0) free -= 1;
    else await new Promise<void>((resolve) => waiting.push(resolve));
    try {
      return await work();
    } finally {
      const next = waiting.shift();
      if (next) next();
      else free += 1;
    }
  };
};

/** Lets one request after the other begin, evenly. Lost time is made up for a few requests at a time. */
const createPace = (perSecond: number, { stalls, sleep }: ProbeAllDeps) => {
  const stepMs = 1_000 / perSecond;
  let due = stalls.now();
  let last = Promise.resolve();
  const turn = async (): Promise<void> => {
    const waitMs = due - stalls.now();
    if (waitMs >= 1) await sleep(waitMs);
    due = Math.max(due, stalls.now() - LIMITS.probeBurst * stepMs) + stepMs;
  };
  return (): Promise<void> => {
    last = last.then(turn);
    return last;
  };
};

const isSuspect = ({ live }: HostToProbe): boolean =>
  live !== undefined && (live.state === 'offline' || live.fails > 0);

/** A host that took its whole timeout will take it again; an unknown host may be as slow. */
const slowness = ({ live }: HostToProbe): number => {
  if (live === undefined || live.state === 'unknown') return Number.MAX_VALUE;
  return live.reason === 'timeout' ? Number.MAX_VALUE : live.srttMs;
};

/** The slowest hosts first, so that none of them begins last; the others in random order. */
const inOrder = (hosts: readonly HostToProbe[], salt: number): readonly HostToProbe[] => {
  return hosts
    .map((item) => ({ item, slow: slowness(item), lot: hash32(`${item.host.id}${salt}`) }))
    .sort((a, b) => b.slow - a.slow || a.lot - b.lot)
    .map(({ item }) => item);
};

/**
 * Requests per second. The run waits for hosts that may hang anyway, so the others begin evenly in
 * that time: a request that begins while others are answered adds to their measured latency.
 */
const paceOf = (suspects: readonly HostToProbe[], others: number, cpus: number): number => {
  const waitMs = Math.max(0, ...suspects.map(({ host }) => host.probe.timeoutMs));
  const even = (1_000 * others) / (waitMs * LIMITS.probeSpread);
  const { probeStartsPerSecondMin, probeStartsPerSecond } = LIMITS;
  return Math.min(Math.max(even, probeStartsPerSecondMin), probeStartsPerSecond * cpus);
};

const SKIPPED: ProbeOutcome = {
  kind: 'inconclusive',
  reason: 'skipped',
  detail: 'the run had no time left for it',
};

interface Paced {
  readonly pace: () => Promise<void>;
  readonly first: Slots;
  readonly second: Slots;
}

const createProbing = ({ probe, stalls, sleep, random, budgetMs }: ProbeAllDeps) => {
  const end = stalls.now() + budgetMs;
  const once = async ({ host }: HostToProbe): Promise<ProbeOutcome> => {
    const from = stalls.now();
    if (from + host.probe.timeoutMs > end) return SKIPPED;
    const outcome = await probe(host, host.probe.timeoutMs);
    return withoutOwnFaults(outcome, stalls.between(from, stalls.now()));
  };
  const twice = async (item: HostToProbe, slots: Paced): Promise<ProbeResult> => {
    await slots.pace();
    const outcome = await slots.first(() => once(item));
    if (outcome.kind !== 'fail' || item.live?.state === 'offline')
      return { outcome, reprobed: false };
    const { reprobeMsMin, reprobeMsMax } = LIMITS;
    await sleep(reprobeMsMin + random.next() * (reprobeMsMax - reprobeMsMin));
    const again = await slots.second(() => once(item));
    return again.kind === 'inconclusive'
      ? { outcome, reprobed: false }
      : { outcome: again, reprobed: true };
  };
  return async (item: HostToProbe, slots: Paced) =>
    [item.host.id, await twice(item, slots)] as const;
};

/** Probes all hosts. Never rejects while its ports do not. */
export const probeAll = async (
  hosts: readonly HostToProbe[],
  deps: ProbeAllDeps,
): Promise<ProbeRun> => {
  const startedAt = deps.clock.now();
  // Less than one CPU waits as well as one, and requests mostly wait.
  const cpus = Math.max(1, deps.vcpus);
  const width = Math.min(LIMITS.probeSlotsMax, Math.ceil(LIMITS.probeSlotsPerCpu * cpus));
  const main = createSlots(width);
  // Hosts that may hang have slots of their own, so that they cannot starve the rest. The run lasts
  // as long as they do, so they begin quickly, but not so quickly that they block the loop.
  const own = createSlots(LIMITS.suspectSlots);
  const quick = createPace(LIMITS.suspectStartsPerSecond, deps);
  const request = createProbing(deps);
  const ordered = inOrder(hosts, startedAt);
  const suspects = ordered.filter(isSuspect);
  const others = ordered.filter((item) => !isSuspect(item));
  const pace = createPace(paceOf(suspects, others.length, cpus), deps);
  const all = await Promise.all([
    ...suspects.map((item) => request(item, { pace: quick, first: own, second: own })),
    ...others.map((item) => request(item, { pace, first: main, second: own })),
  ]);
  const skipped = all.filter(([, { outcome }]) => outcome === SKIPPED).length;
  const results = withoutResolverFaults(new Map(all));
  return { results, skipped, startedAt, endedAt: deps.clock.now() };
};
