/**
 * The effect of one probe on the state of a host. Pure. A host rises after two passes. It falls
 * after three fails, or after two when the second request of the same run failed as well. A fault of
 * the prober never makes it fall.
 */
import { LIMITS } from '#shared/kernel/limits.ts';
import { type Host, overlayAt } from '../registry/host.ts';
import type { HostState, Live, StateChange } from './hostState.ts';
import { NO_CERTIFICATE } from './hostState.ts';

import type { ProbeOutcome, ProbeResult } from './probeOutcome.ts';

type Conclusive = Exclude<ProbeOutcome, { readonly kind: 'inconclusive' }>;
type Passed = Exclude<Conclusive, { readonly kind: 'fail' }>;

export interface ProbeVerdict {
  readonly live: Live;
  readonly change?: StateChange;
}

const OUTCOMES_KEPT = 20;
const COUNT_MAX = 255;
const HOUR_COUNT_MAX = 65_535;

const seconds = (ms: number): number => Math.floor(ms / 1_000);

/**
 * A host of which nothing is known. Its changes are counted from the time of its registration, so
 * that a host that is registered again under its old id never repeats a count.
 */
export const unknownHost = ({ number, createdAt }: Pick<Host, 'number' | 'createdAt'>): Live => ({
  number,
  state: 'unknown',
  fails: 0,
  passes: 0,
  slow: 0,
  changes: 0,
  inconclusive: 0,
  srttMs: 0,
  rttvarMs: 0,
  since: 0,
  failedSince: 0,
  seq: seconds(createdAt),
  reason: 'none',
  certDays: NO_CERTIFICATE,
  flapping: false,
  hourProbes: 0,
  hourPasses: 0,
});

/** Whether so many probes in a row were inconclusive that the state is only the last known one. */
export const isStale = ({ inconclusive }: Pick<Live, 'inconclusive'>): boolean =>
  inconclusive >= LIMITS.hostStaleAfter;

const bits = (mask: number): number => {
  let count = 0;
  for (let left = mask; left > 0; left >>>= 1) count += left & 1;
  return count;
};

const capped = (value: number, max = COUNT_MAX): number => Math.min(max, value);

/** Smoothed as in RFC 6298; the first measurement is used as it is. */
const smoothed = ({ srttMs, rttvarMs }: Live, ms: number): Pick<Live, 'srttMs' | 'rttvarMs'> =>
  srttMs === 0
    ? { srttMs: ms, rttvarMs: ms / 2 }
    : { srttMs: (7 * srttMs + ms) / 8, rttvarMs: (3 * rttvarMs + Math.abs(srttMs - ms)) / 4 };

/** Both requests of a probe count: a host that fails each first request is up half of the time. */
const looksOf = (reprobed: boolean): number => (reprobed ? 2 : 1);

/** The counters after this probe; the state follows from them. */
const counted = (known: Live, outcome: Conclusive, reprobed: boolean, now: number): Live => {
  const { inconclusiveReason: _, ...live } = known;
  const { certDays = live.certDays } = outcome;
  const hourProbes = capped(live.hourProbes + looksOf(reprobed), HOUR_COUNT_MAX);
  const slow = ((live.slow << 1) | Number(outcome.kind === 'slow')) & 0b11111;
  const common = { ...live, certDays, hourProbes, slow, inconclusive: 0 };
  if (outcome.kind === 'fail')
    return {
      ...common,
      fails: capped(live.fails + 1),
      passes: 0,
      failedSince: live.failedSince || seconds(now),
    };
  return {
    ...common,
    // The latency of a busy answer says nothing about the host's work.
    ...(outcome.kind === 'busy' ? {} : smoothed(live, outcome.ms)),
    fails: 0,
    failedSince: 0,
    passes: capped(live.passes + 1),
    hourPasses: capped(live.hourPasses + 1, HOUR_COUNT_MAX),
  };
};

interface Next {
  readonly state: HostState;
  readonly reason: Live['reason'];
}

const ONLINE: Next = { state: 'online', reason: 'none' };
const BUSY: Next = { state: 'busy', reason: 'none' };
const SLOW: Next = { state: 'degraded', reason: 'slow' };

const isSlow = ({ slow }: Live): boolean => bits(slow) >= LIMITS.hostSlowOfFive;

const afterFail = (
  live: Live,
  reason: Extract<Conclusive, { kind: 'fail' }>['reason'],
  reprobed: boolean,
): Next => {
  const fall = reprobed ? LIMITS.hostFallReprobed : LIMITS.hostFall;
  if (live.state === 'offline' || live.fails >= fall) return { state: 'offline', reason };
  // Only this fail is known of the host.
  return live.state === 'unknown' ? { state: 'unknown', reason } : live;
};

const whenOffline = (live: Live, { kind }: Passed): Next => {
  if (live.passes < LIMITS.hostRise) return live;
  if (kind === 'busy') return BUSY;
  return kind === 'slow' || isSlow(live) ? SLOW : ONLINE;
};

const whenBusy = (live: Live, { kind }: Passed, now: number): Next => {
  if (kind !== 'busy') return isSlow(live) ? SLOW : ONLINE;
  const isStuck = now - live.since * 1_000 > LIMITS.hostBusyMsMax;
  return isStuck ? { state: 'degraded', reason: 'stuck_busy' } : live;
};

const whenDegraded = (live: Live, { kind }: Passed, degradedMs: number): Next => {
  // A stuck host says all the time that it is busy; only another answer ends this state.
  if (kind === 'busy') return live.reason === 'stuck_busy' ? live : BUSY;
  const isCalm = bits(live.slow) <= 1 && live.srttMs <= LIMITS.hostCalmShare * degradedMs;
  return kind === 'ok' && isCalm ? ONLINE : live;
};

const afterPass = (live: Live, outcome: Passed, host: Host, now: number): Next => {
  switch (live.state) {
    case 'offline':
      return whenOffline(live, outcome);
    case 'busy':
      return whenBusy(live, outcome, now);
    case 'degraded':
      return whenDegraded(live, outcome, host.probe.degradedMs);
    case 'unknown':
    case 'online':
      if (outcome.kind === 'busy') return BUSY;
      return isSlow(live) ? SLOW : ONLINE;
  }
};

/**
 * A host flaps when a fifth of its last twenty probes changed its state, until less than a tenth
 * did.
 */
const flaps = (changes: number, before: boolean): boolean => {
  const count = bits(changes);
  return before
    ? count >= LIMITS.hostFlapClearPercent * (OUTCOMES_KEPT / 100)
    : count >= LIMITS.hostFlapPercent * (OUTCOMES_KEPT / 100);
};

/** A change during an overlay is announced after the overlay, unless the host has changed back. */
const announced = (before: Live, next: Live, host: Host, now: number): ProbeVerdict => {
  const { announced = before.state, ...rest } = next;
  const { state, reason } = next;
  const isChange = state !== before.state;
  const isQuiet = overlayAt(host, now) !== undefined;
  if (!isChange && (isQuiet || announced === state)) return { live: next };
  const isSilent = isQuiet || (isChange && announced === state);
  const begun = state === 'offline' ? next.failedSince : seconds(now);
  const since = isChange ? begun : before.since;
  const seq = before.seq + 1;
  const change: StateChange = {
    host: host.id,
    number: host.number,
    seq,
    from: isChange ? before.state : announced,
    to: state,
    reason,
    since: since * 1_000,
    at: now,
    muted: before.flapping && next.flapping,
    ...(isSilent && { silent: true }),
  };
  const isOwed = isSilent && announced !== state;
  return { live: { ...rest, ...(isOwed && { announced }), seq, since }, change };
};

/**
 * The new state of the host after a probe, with its change if there is one.
 *
 * @param now ms since the epoch
 */
export const verdictOn = (
  before: Live,
  { outcome, reprobed }: ProbeResult,
  host: Host,
  now: number,
): ProbeVerdict => {
  if (outcome.kind === 'inconclusive') {
    const inconclusive = capped(before.inconclusive + 1);
    return { live: { ...before, inconclusive, inconclusiveReason: outcome.reason } };
  }
  const live = counted(before, outcome, reprobed, now);
  const { state, reason } =
    outcome.kind === 'fail'
      ? afterFail(live, outcome.reason, reprobed)
      : afterPass(live, outcome, host, now);
  // The history of a host begins with its first known state.
  const counts = state !== before.state && before.state !== 'unknown';
  const mask = 2 ** OUTCOMES_KEPT - 1;
  const changes = ((live.changes << 1) | Number(counts)) & mask;
  const flapping = flaps(changes, before.flapping);
  return announced(before, { ...live, state, reason, changes, flapping }, host, now);
};
