/** What CloudWatch measured of one deployment, and its alarms. */
import {
  CloudWatchClient,
  type MetricDataQuery,
  type MetricDataResult,
  paginateDescribeAlarms,
  paginateGetMetricData,
} from '@aws-sdk/client-cloudwatch';
import { chunksOf } from '#shared/kernel/batches.ts';
import type { Access, Keep } from './access.ts';

/** An alarm as CloudWatch has it. */
interface AlarmState {
  readonly name: string;
  /** `OK`, `ALARM` or `INSUFFICIENT_DATA`. */
  readonly state: string;
  readonly reason: string;
  /** ms since the epoch. */
  readonly since: number;
}

/** Reads of CloudWatch. Each metric that is asked for has a price. */
export interface Watching {
  /**
   * The values of all queries between two times, ms since the epoch, the oldest first.
   */
  metricData(
    queries: readonly MetricDataQuery[],
    from: number,
    until: number,
  ): Promise<readonly MetricDataResult[]>;
  /** The alarms whose names begin so. */
  alarms(prefix: string): Promise<readonly AlarmState[]>;
}

const QUERIES_MAX = 500;

/** Reads of one account and region. */
export const openWatching = (access: Access, keep: Keep): Watching => {
  const client = keep(new CloudWatchClient(access));
  const part = async (queries: readonly MetricDataQuery[], from: number, until: number) => {
    const found: MetricDataResult[] = [];
    const asked = {
      MetricDataQueries: [...queries],
      StartTime: new Date(from),
      EndTime: new Date(until),
      ScanBy: 'TimestampAscending' as const,
    };
    for await (const page of paginateGetMetricData({ client }, asked))
      found.push(...(page.MetricDataResults ?? []));
    return found;
  };
  return {
    metricData: async (queries, from, until) => {
      const parts: MetricDataResult[] = [];
      for (const some of chunksOf(queries, QUERIES_MAX))
        parts.push(...(await part(some, from, until)));
      return parts;
    },
    alarms: async (prefix) => {
      const found: AlarmState[] = [];
      for await (const page of paginateDescribeAlarms({ client }, { AlarmNamePrefix: prefix }))
        for (const {
          AlarmName,
          StateValue,
          StateReason,
          StateUpdatedTimestamp,
        } of page.MetricAlarms ?? [])
          found.push({
            name: AlarmName ?? '',
            state: StateValue ?? '',
            reason: StateReason ?? '',
            since: StateUpdatedTimestamp?.getTime() ?? 0,
          });
      return found;
    },
  };
};
