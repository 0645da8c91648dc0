/** The log lines of a job's attempts: captured here, else by CloudWatch. */
import type { Deployment } from '#client/deployment.ts';
import type { LogEvents } from '#client/logEvents.ts';
import { NO_POOL, type Pools, poolOf } from '#shared/contracts/pools.ts';
import type { JobRecord } from '#shared/jobs/record/record.ts';
import { faultOf } from './faults.ts';
import type { LogLines } from './logLines.ts';
import type { Answering } from './server.ts';
import type { JobLogs, LogLine } from './wireViews.ts';

const LOG_AROUND_MS = 60_000;

/**
 * The log groups that may have lines of the job: of the function of its kind's pool, and of the
 * worker, where the job ran if the kind came to its pool later.
 */
const logGroupsOf = (kind: string, stage: string, pools: Pools): readonly string[] =>
  [...new Set([poolOf(kind, pools), NO_POOL])].map(
    (pool) => `/sheratan/sheratan-${stage}-worker${pool === NO_POOL ? '' : `-${pool}`}`,
  );

/** Each line has the request of its attempt: a filter that finds these, and the time of the job. */
const logQuestion = ({
  history,
  createdAt,
  updatedAt,
}: Pick<JobRecord, 'history' | 'createdAt' | 'updatedAt'>) => {
  const requests = history.flatMap(({ event, by }) => (event === 'claimed' && by ? [by] : []));
  return {
    pattern: [...new Set(requests)].map((request) => `?"${request}"`).join(' '),
    from: createdAt - LOG_AROUND_MS,
    until: updatedAt + LOG_AROUND_MS,
  };
};

/** The commands of the AWS CLI that print the lines, one for each log group. */
const commandsOf = (record: JobRecord, stage: string, pools: Pools): string => {
  const { pattern, from, until } = logQuestion(record);
  return logGroupsOf(record.kind, stage, pools)
    .map(
      (group) =>
        `aws logs filter-log-events --log-group-name ${group} --start-time ${from} --end-time ${until} --filter-pattern '${pattern}'`,
    )
    .join('\n');
};

const LINES_MAX = 200;

/** The lines of all log groups, the oldest first. A job that never began has none. */
const fromCloudWatch = async (
  record: JobRecord,
  groups: readonly string[],
  logEvents: LogEvents,
): Promise<readonly LogLine[]> => {
  const { pattern, from, until } = logQuestion(record);
  if (pattern === '') return [];
  const found = await Promise.all(
    groups.map(async (group) => {
      const lines = await logEvents.find({ group, pattern, from, until, limit: LINES_MAX });
      const name = group.split('/').at(-1) ?? group;
      return lines.map(({ at, text }) => ({ at, from: name, text }));
    }),
  );
  return found
    .flat()
    .sort((a, b) => a.at - b.at)
    .slice(0, LINES_MAX);
};

/** The log lines of a job. Where they cannot be read, the command that prints them. */
export const logsOfJob =
  (
    { store, pools, logEvents }: Deployment,
    stage: string,
    lines: LogLines | undefined,
  ): Answering =>
  async (query): Promise<JobLogs | undefined> => {
    const record = await store.get(query.get('id') ?? '');
    if (!record) return undefined;
    if (lines) return { lines: lines.of(record) };
    const command = commandsOf(record, stage, pools);
    if (!logEvents) return { command };
    try {
      const groups = logGroupsOf(record.kind, stage, pools);
      return { command, lines: await fromCloudWatch(record, groups, logEvents) };
    } catch (error) {
      return { command, fault: faultOf(error).refusal.message };
    }
  };
