/**
 * Separates the prober's own faults from those of hosts: own faults change no counter of a host.
 * Pure.
 */
import { LIMITS } from '#shared/kernel/limits.ts';
import type { Stall } from '../ports.ts';

import type { InconclusiveReason, ProbeOutcome, ProbeResult } from './probeOutcome.ts';

const inconclusive = (reason: InconclusiveReason, detail: string): ProbeOutcome => ({
  kind: 'inconclusive',
  reason,
  detail,
});

/** Whether the outcome only says that something was late. */
const isLate = (outcome: ProbeOutcome): boolean =>
  outcome.kind === 'slow' ||
  (outcome.kind === 'fail' && (outcome.reason === 'timeout' || outcome.reason === 'dns'));

/**
 * The outcome of a request, or `inconclusive` when the process stood still during the request. Across a
 * jump of the clock no failure counts: peers may have given up.
 */
export const withoutOwnFaults = (outcome: ProbeOutcome, stall: Stall | undefined): ProbeOutcome => {
  if (stall === undefined) return outcome;
  const unsure =
    stall.kind === 'clock_jump' ? isLate(outcome) || outcome.kind === 'fail' : isLate(outcome);
  return unsure ? inconclusive(stall.kind, `this process stood still for ${stall.ms} ms`) : outcome;
};

const ofName = ({ outcome }: ProbeResult): boolean =>
  outcome.kind === 'fail'
    ? outcome.reason === 'dns' || outcome.phases.dns !== undefined
    : outcome.kind === 'inconclusive'
      ? outcome.reason === 'dns_down'
      : outcome.phases.dns !== undefined;

const failedName = ({ outcome }: ProbeResult): boolean =>
  (outcome.kind === 'fail' && outcome.reason === 'dns') ||
  (outcome.kind === 'inconclusive' && outcome.reason === 'dns_down');

/**
 * The results without faults of the resolver. When most names of a run failed, the resolver failed;
 * a few names may well be gone together.
 */
export const withoutResolverFaults = (
  results: ReadonlyMap<string, ProbeResult>,
): ReadonlyMap<string, ProbeResult> => {
  const named = [...results.values()].filter(ofName).length;
  const failed = [...results.values()].filter(failedName).length;
  if (named < LIMITS.dnsDownNamesMin || failed * 2 <= named) return results;
  const outcome = inconclusive('dns_down', `${failed} of ${named} names did not resolve`);
  return new Map(
    [...results].map(([id, result]) =>
      failedName(result) ? [id, { outcome, reprobed: false }] : [id, result],
    ),
  );
};
