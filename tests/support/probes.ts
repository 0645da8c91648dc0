/** Outcomes and hosts for tests of verdicts and turns. */

import type { Live } from '#shared/hosts/probing/hostState.ts';

import type { FailReason, ProbeOutcome, ProbeResult } from '#shared/hosts/probing/probeOutcome.ts';
import { verdictOn } from '#shared/hosts/probing/verdict.ts';
import type { Host } from '#shared/hosts/registry/host.ts';

const measured = (ms: number) => ({ ms, phases: {} });

export const OK: ProbeOutcome = { kind: 'ok', ...measured(20) };
export const SLOW: ProbeOutcome = { kind: 'slow', ...measured(1_500) };
export const BUSY: ProbeOutcome = { kind: 'busy', ...measured(5) };
export const INCONCLUSIVE: ProbeOutcome = {
  kind: 'inconclusive',
  reason: 'event_loop',
  detail: 'blocked',
};
export const fail = (reason: FailReason = 'timeout'): ProbeOutcome => ({
  kind: 'fail',
  reason,
  detail: reason,
  ...measured(2_000),
});
export const FAIL = fail();

export const once = (outcome: ProbeOutcome): ProbeResult => ({ outcome, reprobed: false });
export const twice = (outcome: ProbeOutcome): ProbeResult => ({ outcome, reprobed: true });

export const hostWith = (over: Partial<Host> = {}): Host => ({
  id: 'h1',
  endpoint: 'http://127.0.0.1:1',
  capabilities: [],
  unit: 'CRD',
  concurrency: 1,
  tags: [],
  probe: {
    path: '/health',
    method: 'GET',
    expectStatus: [[200, 299]],
    headers: {},
    timeoutMs: 2_000,
    degradedMs: 1_000,
    intervalSeconds: 60,
  },
  shard: '60-0',
  number: 0,
  version: 1,
  createdAt: 0,
  ...over,
});

/** What a host is after these probes, a minute apart. */
export const probed = (
  before: Live,
  results: readonly ProbeResult[],
  host = hostWith(),
  from = 60_000,
): Live =>
  results.reduce(
    (live, result, turn) => verdictOn(live, result, host, from + turn * 60_000).live,
    before,
  );
