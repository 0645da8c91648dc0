/** The log lines of a job's attempts: captured here, else the commands that ask CloudWatch. */
import type { Deployment } from '#client/deployment.ts';
import { NO_POOL, type Pools, poolOf } from '#shared/contracts/pools.ts';
import type { JobRecord } from '#shared/jobs/record/record.ts';
import type { LogLines } from './logLines.ts';
import type { Answering } from './server.ts';
import type { JobLogs } from './wire.ts';

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

/** The log lines of a job. */
export const logsOfJob =
  ({ store, pools }: Deployment, stage: string, lines: LogLines | undefined): Answering =>
  async (query): Promise<JobLogs | undefined> => {
    const record = await store.get(query.get('id') ?? '');
    if (!record) return undefined;
    return lines ? { lines: lines.of(record) } : { command: commandsOf(record, stage, pools) };
  };
