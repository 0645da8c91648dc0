/**
 * Selects the host of a job: of the hosts that may run it, the best by price, reliability and
 * latency, with the weights of the original system. Pure: a look at a host changes nothing.
 */

import type { HostState, Live } from '#shared/hosts/probing/hostState.ts';
import { type Host, overlayAt } from '#shared/hosts/registry/host.ts';
import { hash32, mixed } from '#shared/kernel/hash.ts';
import { LIMITS } from '#shared/kernel/limits.ts';

const WEIGHTS = { price: 0.45, reliability: 0.4, latency: 0.15 } as const;
/** A host with this latency or more gets no points for it, in ms. */
const LATENCY_MS_MAX = 1_500;
/** The share of its score that a host keeps, by state. A host with 0 gets no jobs. */
const STATE_WEIGHT: Readonly<Record<HostState, number>> = {
  online: 1,
  degraded: 0.25,
  busy: 0,
  offline: 0,
  unknown: 0,
};
/** Scores that differ by less are equal: then chance decides, by job. */
const SCORE_STEP = 0.01;
/** A host with less reliability is used only when there is no other. */
const RELIABILITY_MIN = 0.6;

/** Assumptions about a host of which little is known. */
const PRIOR = { reliability: 0.85, weight: 5, latencyMs: 750 } as const;

/** The share of its jobs that a host gets right after it came back. */
const RAMP_MIN = 0.1;
const RAMP_MS = 60_000;

export interface Candidate {
  readonly host: Host;
  readonly state: HostState;
  /** Share of the host's jobs and probes that succeed, 0 to 1. */
  readonly reliability: number;
  readonly latencyMs: number;
  /** Until when the host takes no more jobs, as far as is known, in ms since the epoch. */
  readonly fullUntil: number;
  /** The hash of the host's id. */
  readonly hash: number;
  /**
   * Share of its usual jobs that the host gets, 0 to 1. The share grows while the host comes back.
   */
  readonly ramp: number;
}

export interface Wanted {
  readonly jobId: string;
  readonly kind: string;
  /** The host must have all of these tags. */
  readonly tags: readonly string[];
  readonly unit: string;
  /** The most that may be paid, in minor units. */
  readonly budget: bigint;
}

/** Why a host is refused for a job, in the order of the checks. */
export type Refusal = 'capability' | 'tags' | 'overlay' | 'unit' | 'price' | 'state' | 'slots';

export interface Choice {
  readonly host: Host;
  readonly price: bigint;
  readonly reliability: number;
  readonly latencyMs: number;
}

export interface Selection {
  /** The best first; at most as many as an attempt may ask. */
  readonly choices: readonly Choice[];
  /** Number of hosts that were refused, by reason. */
  readonly refused: ReadonlyMap<Refusal, number>;
}

const clamp01 = (value: number): number => Math.min(1, Math.max(0, value));

/** The price of a run of this kind, in minor units; undefined when the host does not run it. */
export const priceOf = (host: Host, kind: string): bigint | undefined =>
  host.capabilities.find((capability) => capability.kind === kind)?.price;

const refusalOf = (
  { host, state, fullUntil }: Candidate,
  { kind, tags, unit, budget }: Wanted,
  now: number,
): Refusal | undefined => {
  const price = priceOf(host, kind);
  if (price === undefined) return 'capability';
  if (!tags.every((tag) => host.tags.includes(tag))) return 'tags';
  if (overlayAt(host, now)) return 'overlay';
  if (price > 0n && host.unit !== unit) return 'unit';
  if (price > budget) return 'price';
  if (STATE_WEIGHT[state] === 0) return 'state';
  return now < fullUntil ? 'slots' : undefined;
};

/**
 * The score of a host: the higher, the better.
 *
 * @param cheapest price of all hosts that may run the job, in minor units
 */
export const scoreOf = (
  { reliability, latencyMs }: Pick<Candidate, 'reliability' | 'latencyMs'>,
  price: bigint,
  cheapest: bigint,
): number =>
  WEIGHTS.price * (price === 0n ? 1 : Number(cheapest) / Number(price)) +
  WEIGHTS.reliability * clamp01(reliability) +
  WEIGHTS.latency * clamp01(1 - latencyMs / LATENCY_MS_MAX);

/** The rank as one number, less is better: a digit for each rule, and chance behind the point. */
const rankOf = ({ state, ramp, reliability }: Candidate, score: number, luck: number): number => {
  const isLate = luck >= ramp;
  const isShaky = reliability < RELIABILITY_MIN;
  const steps = Math.round((1 - score * STATE_WEIGHT[state]) / SCORE_STEP);
  return (2 * Number(isLate) + Number(isShaky)) * 1_000 + steps + luck;
};

interface Ranked {
  readonly rank: number;
  readonly candidate: Candidate;
  readonly price: bigint;
}

const CHOICES_MAX = LIMITS.hostCallsMax + LIMITS.hostPassesMax;

/** Keeps the best few in order. With many hosts most are looked at once and are not among them. */
const keepBest = (best: Ranked[], ranked: Ranked): void => {
  const isFull = best.length === CHOICES_MAX;
  if (isFull && ranked.rank >= (best.at(-1)?.rank ?? 0)) return;
  if (isFull) best.pop();
  const at = best.findIndex(({ rank }) => ranked.rank < rank);
  best.splice(at < 0 ? best.length : at, 0, ranked);
};

/** The candidate as a choice, at this price. */
export const choiceOf = ({ host, reliability, latencyMs }: Candidate, price: bigint): Choice => ({
  host,
  price,
  reliability,
  latencyMs,
});

/**
 * The hosts for a job, and why others were refused.
 *
 * @param now ms since the epoch
 */
export const selectHosts = (
  candidates: readonly Candidate[],
  wanted: Wanted,
  now: number,
): Selection => {
  const refused = new Map<Refusal, number>();
  const able = candidates.filter((candidate) => {
    const refusal = refusalOf(candidate, wanted, now);
    if (refusal) refused.set(refusal, (refused.get(refusal) ?? 0) + 1);
    return refusal === undefined;
  });
  const prices = able.map(({ host }) => priceOf(host, wanted.kind) ?? 0n);
  const cheapest = prices.reduce(
    (least, price) => (price < least ? price : least),
    prices[0] ?? 0n,
  );
  // Chance is the same for a job and a host, whichever worker asks.
  const job = hash32(wanted.jobId);
  const best: Ranked[] = [];
  for (const [index, candidate] of able.entries()) {
    const price = prices[index] ?? 0n;
    const score = scoreOf(candidate, price, cheapest);
    keepBest(best, {
      rank: rankOf(candidate, score, mixed(job, candidate.hash)),
      candidate,
      price,
    });
  }
  return {
    choices: best.map(({ candidate, price }) => choiceOf(candidate, price)),
    refused,
  };
};

/**
 * A host is back for as long as its probes have passed. A host that was busy or slow, but did not
 * fail, gets its full share at once.
 */
const rampOf = (live: Live, intervalMs: number, now: number): number => {
  const elapsed = now - live.since * 1_000;
  const back = live.seq > 1 && (live.passes - LIMITS.hostRise) * intervalMs <= elapsed + intervalMs;
  return back ? clamp01(RAMP_MIN + (1 - RAMP_MIN) * (elapsed / RAMP_MS)) : 1;
};

/** The success of the jobs that a host got: a moving average, and the number of jobs. */
export interface Performance {
  readonly success: number;
  readonly jobs: number;
}

const ALPHA = 0.2;

/** The average of the original system: the latest job counts a fifth. */
export const recorded = ({ success, jobs }: Performance, succeeded: boolean): Performance => ({
  success: success * (1 - ALPHA) + (succeeded ? ALPHA : 0),
  jobs: jobs + 1,
});

/** For a host without a job so far. */
export const NO_RECORD: Performance = { success: PRIOR.reliability, jobs: 0 };

/**
 * The probes of this hour show whether a host answers, its jobs whether it can work. The worse
 * counts.
 */
const reliabilityOf = (live: Live, record: Performance): number => {
  const { hourPasses, hourProbes } = live;
  const answers = (hourPasses + PRIOR.weight) / (hourProbes + PRIOR.weight);
  return Math.min(answers, record.success);
};

/** What a worker has learned about a host by calling it. */
export interface Learnt {
  readonly record?: Performance | undefined;
  /** Until when the host takes no more jobs, in ms since the epoch. */
  readonly fullUntil?: number;
}

/**
 * A host as a candidate.
 *
 * @param live undefined for a host that was never probed
 * @param now ms since the epoch
 */
export const candidateOf = (
  host: Host,
  live: Live | undefined,
  { record = NO_RECORD, fullUntil = 0 }: Learnt,
  now: number,
): Candidate => {
  const known = { host, fullUntil, hash: hash32(host.id) };
  if (!live)
    return { ...known, state: 'unknown', reliability: 0, latencyMs: PRIOR.latencyMs, ramp: 1 };
  return {
    ...known,
    state: live.state,
    reliability: reliabilityOf(live, record),
    latencyMs: live.srttMs > 0 ? live.srttMs : PRIOR.latencyMs,
    ramp: rampOf(live, host.probe.intervalSeconds * 1_000, now),
  };
};
