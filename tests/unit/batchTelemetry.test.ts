import { expect, it } from 'vitest';
import { reportBatch } from '#functions/worker/reportBatch.ts';
import type { Disposition } from '#shared/jobs/worker/disposition.ts';
import type { Telemetry } from '#shared/runtime/chain.ts';

/** What is counted of a batch that ended so. */
const counted = (...dispositions: readonly Disposition[]) => {
  const counts: Record<string, readonly number[]> = {};
  const add = (name: string, value: number): void => {
    counts[name] = [...(counts[name] ?? []), value];
  };
  const telemetry = {
    logger: { info: () => undefined },
    metrics: {
      addMetric: (name: string, _unit: string, value: number) => add(name, value),
      addOfKind: () => undefined,
    },
  } as unknown as Telemetry;
  reportBatch(telemetry)({ dispositions, returned: [] });
  return counts;
};

const job = (over: Partial<Disposition>): Disposition =>
  ({ id: 'j', kind: 'echo', as: 'completed', action: 'delete', ...over }) as Disposition;

it('counts what completed and what died with each batch, 0 too, so that shares can be made', () => {
  expect(counted(job({ as: 'dead' }), job({ as: 'dead' }))).toMatchObject({
    JobsCompleted: [0],
    JobsDead: [2],
  });
  expect(counted(job({}))).toMatchObject({ JobsCompleted: [1], JobsDead: [0] });
  expect(counted()).toEqual({ JobsCompleted: [0], JobsDead: [0] });
});

it('tells by priority how long the queue made a job wait, and nothing of one that came back', () => {
  expect(counted(job({ startMs: 70, priority: 'high' }), job({}))).toMatchObject({
    JobWaitHigh: [70],
  });
  expect(counted(job({}))).not.toHaveProperty('JobWaitHigh');
});
