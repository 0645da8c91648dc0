import { expect, it } from 'vitest';
import { NO_CERTIFICATE } from '#shared/hosts/probing/hostState.ts';
import { unknownHost } from '#shared/hosts/probing/verdict.ts';
import { LIMITS } from '#shared/kernel/limits.ts';
import type { Telemetry } from '#shared/runtime/chain.ts';
import { announceInOrder, reportShard } from '#shared/runtime/hostTelemetry.ts';
import { FAIL, hostWith, INCONCLUSIVE, once } from '../support/probes.ts';

const listen = () => {
  const measured = new Map<string, number[]>();
  const logged: string[] = [];
  const log = (message: string) => void logged.push(message);
  const telemetry = {
    logger: { info: log, error: log },
    metrics: {
      addMetric: (name: string, _unit: string, value: number) =>
        void measured.set(name, [...(measured.get(name) ?? []), value]),
    },
  } as unknown as Telemetry;
  return { measured, logged, telemetry };
};

const live = (number: number, state: 'online' | 'offline', certDays: number, inconclusive = 0) =>
  [number, { ...unknownHost(hostWith({ number })), state, certDays, inconclusive }] as const;

it('measures a run of a thousand hosts in at most a hundred values a metric', () => {
  const { measured, telemetry } = listen();
  const passes = Array.from(
    { length: 998 },
    (_, n) => [`h${n}`, once({ kind: 'ok', ms: n + 1, phases: {} })] as const,
  );
  reportShard(telemetry, {
    kind: 'committed',
    shard: '60-0',
    skewMs: 1_500,
    changes: [],
    live: new Map([
      ...[live(0, 'online', 40), live(1, 'offline', NO_CERTIFICATE)],
      live(2, 'online', 9, LIMITS.hostStaleAfter),
      // Drained: out of every count.
      ...[live(3, 'offline', 1, LIMITS.hostStaleAfter), live(4, 'online', 2)],
    ]),
    resting: new Set([3, 4]),
    run: {
      results: new Map([...passes, ['f', once(FAIL)], ['i', once(INCONCLUSIVE)]]),
      skipped: 0,
      startedAt: 10,
      endedAt: 2_010,
    },
  });
  const latencies = measured.get('ProbeLatency') ?? [];
  expect(latencies).toHaveLength(100);
  expect([latencies[0], latencies[50], latencies.at(-1)]).toEqual([1, 505, 998]);
  measured.delete('ProbeLatency');
  expect(Object.fromEntries(measured)).toEqual({
    DuplicateTicks: [0],
    CadenceSkewMs: [1_500],
    HostTransitions: [0],
    Hosts: [3],
    HostsOnline: [2],
    HostsBusy: [0],
    HostsDegraded: [0],
    HostsOffline: [1],
    HostsStale: [1],
    CertDaysLeft: [9],
    Probes: [1_000],
    ProbesSkipped: [0],
    ProbesInconclusive: [1],
    ProbeRunMs: [2_000],
  });
});

it('counts a turn that somebody else has, and nothing of it twice', () => {
  const { measured, telemetry } = listen();
  reportShard(telemetry, { kind: 'duplicate', shard: '60-0', skewMs: 0, changes: [] });
  reportShard(telemetry, undefined);
  expect(Object.fromEntries(measured)).toEqual({ DuplicateTicks: [1] });
});

it('names the first commit that was not announced, and goes no further', async () => {
  const { logged, telemetry } = listen();
  const announced: string[] = [];
  const commits = ['1', '2', '3'].map((sequence) => ({ sequence, shard: 's', changes: [] }));
  const answer = await announceInOrder(
    commits,
    ({ sequence }) => {
      announced.push(sequence);
      return sequence === '2' ? Promise.reject(new Error('no bus')) : Promise.resolve(1);
    },
    telemetry,
  );
  expect(answer).toEqual({ batchItemFailures: [{ itemIdentifier: '2' }] });
  expect(announced).toEqual(['1', '2']);
  expect(logged).toEqual(['changes not announced; they come back']);
});
