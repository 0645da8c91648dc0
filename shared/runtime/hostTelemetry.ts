/**
 * The metrics and logs of prober and announcer: one line of metrics per run, with a limited number
 * of latencies.
 */
import type { DynamoDBBatchResponse } from 'aws-lambda';
import { HOST_METRICS } from '#shared/contracts/metrics.ts';
import type { StreamedCommit } from '#shared/hosts/dynamo/committedChanges.ts';
import { type HostState, NO_CERTIFICATE } from '#shared/hosts/probing/hostState.ts';
import type { ShardReport } from '#shared/hosts/probing/probeRun.ts';
import { isStale } from '#shared/hosts/probing/verdict.ts';
import type { Telemetry } from './chain.ts';

/** Values that CloudWatch accepts for a metric in one line. */
const VALUES_MAX = 100;

/** Evenly spaced values of the sorted list, so that percentiles stay the same. */
const sample = (values: readonly number[]): readonly number[] => {
  if (values.length <= VALUES_MAX) return values;
  const sorted = [...values].sort((a, b) => a - b);
  const step = (sorted.length - 1) / (VALUES_MAX - 1);
  return Array.from({ length: VALUES_MAX }, (_, index) => sorted[Math.round(index * step)] ?? 0);
};

const METRIC_OF: Readonly<Record<Exclude<HostState, 'unknown'>, string>> = {
  online: HOST_METRICS.hostsOnline,
  busy: HOST_METRICS.hostsBusy,
  degraded: HOST_METRICS.hostsDegraded,
  offline: HOST_METRICS.hostsOffline,
};

/**
 * Counts only hosts in service: the state of a drained host, or one in maintenance, must raise no
 * alarm.
 */
const reportStates = ({ metrics }: Telemetry, { live, resting }: ShardReport): void => {
  if (!live) return;
  const hosts = [...live.values()].filter(({ number }) => !resting?.has(number));
  metrics.addMetric(HOST_METRICS.hostsTotal, 'Count', hosts.length);
  for (const [state, metric] of Object.entries(METRIC_OF)) {
    const count = hosts.filter((host) => host.state === state).length;
    metrics.addMetric(metric, 'Count', count);
  }
  metrics.addMetric(HOST_METRICS.hostsStale, 'Count', hosts.filter(isStale).length);
  const days = hosts.flatMap(({ certDays }) => (certDays === NO_CERTIFICATE ? [] : [certDays]));
  if (days.length > 0) metrics.addMetric(HOST_METRICS.certDaysLeft, 'Count', Math.min(...days));
};

const reportRun = ({ metrics }: Telemetry, { run }: ShardReport): void => {
  if (!run) return;
  const outcomes = [...run.results.values()].map(({ outcome }) => outcome);
  const unsure = outcomes.filter(({ kind }) => kind === 'inconclusive').length;
  metrics.addMetric(HOST_METRICS.probes, 'Count', outcomes.length - run.skipped);
  metrics.addMetric(HOST_METRICS.probesSkipped, 'Count', run.skipped);
  metrics.addMetric(HOST_METRICS.probesInconclusive, 'Count', unsure - run.skipped);
  metrics.addMetric(HOST_METRICS.probeRunMs, 'Milliseconds', run.endedAt - run.startedAt);
  const passed = outcomes.flatMap((outcome) =>
    outcome.kind === 'ok' || outcome.kind === 'slow' ? [outcome.ms] : [],
  );
  for (const ms of sample(passed)) metrics.addMetric(HOST_METRICS.probeLatency, 'Milliseconds', ms);
};

/** Emits the metrics of one probe run and logs it; counts a duplicate tick. */
export const reportShard = (telemetry: Telemetry, report: ShardReport | undefined): void => {
  if (!report) return;
  const { logger, metrics } = telemetry;
  const { kind, shard, skewMs, changes, run } = report;
  const isDuplicate = kind === 'duplicate';
  metrics.addMetric(HOST_METRICS.duplicateTicks, 'Count', Number(isDuplicate));
  if (isDuplicate) return;
  metrics.addMetric(HOST_METRICS.cadenceSkewMs, 'Milliseconds', skewMs);
  metrics.addMetric(HOST_METRICS.transitions, 'Count', changes.length);
  reportStates(telemetry, report);
  reportRun(telemetry, report);
  const ms = run && run.endedAt - run.startedAt;
  logger.info('shard', { shard, kind, skewMs, ms, skipped: run?.skipped, changes });
};

/**
 * Announces in the order of the stream. The answer names the first commit that was not announced.
 */
export const announceInOrder = async (
  commits: readonly StreamedCommit[],
  announce: (commit: StreamedCommit) => Promise<number>,
  { logger }: Telemetry,
): Promise<DynamoDBBatchResponse> => {
  for (const commit of commits) {
    try {
      await announce(commit);
    } catch (error) {
      const { sequence, shard } = commit;
      logger.error('changes not announced; they come back', { shard, sequence, error });
      return { batchItemFailures: [{ itemIdentifier: sequence }] };
    }
  }
  return { batchItemFailures: [] };
};
