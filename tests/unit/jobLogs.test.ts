import { describe, expect, it } from 'vitest';
import { logsOfJob } from '#cli/console/jobLogs.ts';
import type { JobLogs } from '#cli/console/wireViews.ts';
import type { Deployment } from '#client/deployment.ts';

const commandsFor = async (kind: string): Promise<readonly string[]> => {
  const claimed = (by: string) => ({ at: 1, event: 'claimed', by });
  const record = {
    ...{ kind, createdAt: 100_000, updatedAt: 200_000 },
    history: [claimed('req-1'), { at: 1, event: 'retrying' }, claimed('req-2')],
  };
  const store = { get: () => Promise.resolve(record) };
  const deployment = { store, pools: { heavy: ['pdf'] } } as unknown as Deployment;
  const found = await logsOfJob(deployment, 'prod', undefined)(new URLSearchParams({ id: 'a' }));
  return ((found as JobLogs).command ?? '').split('\n');
};

describe('the command that finds the log lines of a job', () => {
  it('asks for the requests of all attempts, around the time of the job', async () => {
    expect(await commandsFor('echo')).toEqual([
      `aws logs filter-log-events --log-group-name /sheratan/sheratan-prod-worker --start-time 40000 --end-time 260000 --filter-pattern '?"req-1" ?"req-2"'`,
    ]);
  });

  it('also looks into the log group of the pool of its kind', async () => {
    const groups = (await commandsFor('pdf')).map((each) => / (\/sheratan\S+)/.exec(each)?.[1]);
    expect(groups).toEqual([
      '/sheratan/sheratan-prod-worker-heavy',
      '/sheratan/sheratan-prod-worker',
    ]);
  });
});
