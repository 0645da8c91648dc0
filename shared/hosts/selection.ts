/**
 * Which host runs a job: of those that may, the best by price, reliability and latency, with the
 * original's weights. Pure: what happened to a host is read from it, never changed by looking.
 */
import { sha256 } from '#shared/kernel/json.ts';
import { LIMITS } from '#shared/kernel/limits.ts';
import { type Host, overlayAt } from './host.ts';
import type { HostState, Live } from './live.ts';

const WEIGHTS = { price: 0.45, reliability: 0.4, latency: 0.15 } as const;
/** A host as slow as this gets nothing for its latency, in ms. */
const LATENCY_MS_MAX = 1_500;
/** Share of its score that counts, by state; the others get no jobs. */
const STATE_WEIGHT: Readonly<Record<HostState, number>> = {
  online: 1,
  degraded: 0.25,
  busy: 0,
  offline: 0,
  unknown: 0,
};
/** Scores closer than this are as good as each other: which one is the job's luck. */
const SCORE_STEP = 0.01;
/** A host below it is used when there is no other. */
const RELIABILITY_MIN = 0.6;

/** What a host is believed to be worth before much is known of it. */
const PRIOR = { reliability: 0.85, weight: 5, latencyMs: 750 } as const;

/** Of the jobs that would prefer a host, those that get it right after it came back. */
const RAMP_MIN = 0.1;
const RAMP_MS = 60_000;

export interface Candidate {
  readonly host: Host;
  readonly state: HostState;
  /** Share of its jobs and probes that succeed, 0 to 1. */
  readonly reliability: number;
  readonly latencyMs: number;
  /** Slots that are not taken, as far as is known. */
  readonly free: number;
  /** Share of the jobs it would get anyway, 0 to 1: it grows while the host comes back. */
  readonly ramp: number;
}

export interface Wanted {
  readonly jobId: string;
  readonly kind: string;
  /** All of them must be the host's. */
  readonly tags: readonly string[];
  readonly unit: string;
  /** The most that may be paid, in minor units. */
  readonly budget: bigint;
}

/** Why a host is not for a job. In the order in which they are looked at. */
export type Refusal = 'capability' | 'tags' | 'overlay' | 'unit' | 'price' | 'state' | 'slots';

export interface Choice {
  readonly host: Host;
  readonly price: bigint;
  readonly score: number;
  readonly reliability: number;
  readonly latencyMs: number;
}

export interface Selection {
  /** Best first. */
  readonly choices: readonly Choice[];
  /** How many hosts were refused for what. */
  readonly refused: ReadonlyMap<Refusal, number>;
}

const clamp01 = (value: number): number => Math.min(1, Math.max(0, value));

const priceOf = (host: Host, kind: string): bigint | undefined =>
  host.capabilities.find((capability) => capability.kind === kind)?.price;

const refusalOf = (
  { host, state, free }: Candidate,
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
  return free <= 0 ? 'slots' : undefined;
};

/** @param cheapest of all that may run the job */
export const scoreOf = (
  { reliability, latencyMs }: Pick<Candidate, 'reliability' | 'latencyMs'>,
  price: bigint,
  cheapest: bigint,
): number =>
  WEIGHTS.price * (price === 0n ? 1 : Number(cheapest) / Number(price)) +
  WEIGHTS.reliability * clamp01(reliability) +
  WEIGHTS.latency * clamp01(1 - latencyMs / LATENCY_MS_MAX);

/** 0 to 1, the same for a job and a host whoever asks. */
const luckOf = (jobId: string, hostId: string): number =>
  Number.parseInt(sha256(`${jobId}\n${hostId}`).slice(0, 12), 16) / 2 ** 48;

/** Compared from left to right; less is better. */
const rankOf = ({ state, ramp, reliability }: Candidate, score: number, luck: number) => [
  luck < ramp ? 0 : 1,
  reliability < RELIABILITY_MIN ? 1 : 0,
  -Math.round((score * STATE_WEIGHT[state]) / SCORE_STEP),
  luck,
];

const byRank = (a: readonly number[], b: readonly number[]): number => {
  const at = a.findIndex((value, index) => value !== b[index]);
  return at < 0 ? 0 : (a[at] ?? 0) - (b[at] ?? 0);
};

/** @param now ms since the epoch */
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
  const ranked = able.map((candidate, index) => {
    const { host, reliability, latencyMs } = candidate;
    const price = prices[index] ?? 0n;
    const score = scoreOf(candidate, price, cheapest);
    const rank = rankOf(candidate, score, luckOf(wanted.jobId, host.id));
    return { rank, choice: { host, price, score, reliability, latencyMs } };
  });
  ranked.sort((a, b) => byRank(a.rank, b.rank));
  return { choices: ranked.map(({ choice }) => choice), refused };
};

/**
 * The host has been back for as long as its probes have passed. One that was busy or slow, but did
 * not fail, is at full share at once.
 */
const rampOf = (live: Live, intervalMs: number, now: number): number => {
  const elapsed = now - live.since * 1_000;
  const back = live.seq > 1 && (live.passes - LIMITS.hostRise) * intervalMs <= elapsed + intervalMs;
  return back ? clamp01(RAMP_MIN + (1 - RAMP_MIN) * (elapsed / RAMP_MS)) : 1;
};

/** How the jobs went that a host got: a moving average, and of how many. */
export interface Performance {
  readonly success: number;
  readonly jobs: number;
}

const ALPHA = 0.2;

/** The original's average: the latest job counts a fifth. */
export const recorded = ({ success, jobs }: Performance, succeeded: boolean): Performance => ({
  success: success * (1 - ALPHA) + (succeeded ? ALPHA : 0),
  jobs: jobs + 1,
});

export const NO_RECORD: Performance = { success: PRIOR.reliability, jobs: 0 };

/** Probes of this hour say whether a host answers; its jobs, whether it can work. The worse counts. */
const reliabilityOf = (live: Live, record: Performance): number => {
  const { hourPasses, hourProbes } = live;
  const answers = (hourPasses + PRIOR.weight) / (hourProbes + PRIOR.weight);
  return Math.min(answers, record.success);
};

/**
 * @param live undefined for a host that was never probed
 * @param free slots that are not taken, as far as is known
 */
export const candidateOf = (
  host: Host,
  live: Live | undefined,
  {
    record = NO_RECORD,
    free,
  }: { readonly record?: Performance | undefined; readonly free: number },
  now: number,
): Candidate => {
  if (!live)
    return { host, state: 'unknown', reliability: 0, latencyMs: PRIOR.latencyMs, free, ramp: 1 };
  const latencyMs = live.srttMs > 0 ? live.srttMs : PRIOR.latencyMs;
  const ramp = rampOf(live, host.probe.intervalSeconds * 1_000, now);
  return {
    host,
    state: live.state,
    reliability: reliabilityOf(live, record),
    latencyMs,
    free,
    ramp,
  };
};
