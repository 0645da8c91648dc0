import { expect, it } from 'vitest';
import { stepBars } from '#cli/show/stepBars.ts';
import type { JobRecord } from '#shared/jobs/record/record.ts';
import { stepTrace } from '#shared/jobs/record/stepTrace.ts';
import type { KeptStep } from '#shared/jobs/steps/kept.ts';

const T = 1_790_000_000_000;
const SECOND = 1_000;

const record = (over: Partial<JobRecord> = {}): JobRecord => ({
  id: 'j',
  kind: 'order',
  status: 'COMPLETED',
  attempt: 1,
  createdAt: T,
  updatedAt: T + 32 * SECOND,
  messageId: 'm',
  priority: 'normal',
  group: 'g',
  source: 's',
  contentHash: 'h',
  history: [
    { at: T, event: 'claimed' },
    { at: T + 8 * SECOND, event: 'waiting', note: 'sleep "night"' },
    { at: T + 16 * SECOND, event: 'claimed' },
  ],
  ...over,
});
const kept = (
  name: string,
  at: number,
  tookMs: number,
  over: Partial<KeptStep> = {},
): KeptStep => ({
  name,
  op: 'step',
  at,
  tookMs,
  tries: 1,
  ...over,
});

it('a job with steps has a bar for each step and each wait, in the order in which they began', () => {
  const error = { code: 'FULL', message: 'full' };
  const steps = [
    kept('ship', T + 32 * SECOND, 16 * SECOND, { error }),
    kept('charge', T + 8 * SECOND, 8 * SECOND),
  ];
  expect(stepBars(record(), { steps }, T)).toEqual([
    '  charge         █████████·······················  8.0 s',
    '  sleep "night"  ········░░░░░░░░░···············  8.0 s',
    '  ship           ················████████████████  16.0 s',
  ]);
});

it('a wait that has not ended goes on until now, and a job without steps has no bars', () => {
  const wait = { for: [], seq: 1, in: 'table', wakers: [] } as const;
  const history = [{ at: T, event: 'waiting', note: 'signal "word"' } as const];
  const waiting = record({ status: 'WAITING', history, wait });
  expect(stepBars(waiting, { steps: [] }, T + 60 * SECOND)).toEqual([
    '  signal "word"  ░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░  60.0 s',
  ]);
  expect(stepBars(record(), { steps: [] }, T)).toEqual([]);
});

it('the end of a sleep that is kept with the wait and with a step is told once', () => {
  const past = { night: T + 16 * SECOND };
  const row = record({ wait: { for: [], past } as unknown as NonNullable<JobRecord['wait']> });
  const steps = [kept('ship', T + 17 * SECOND, 5, { past })];
  const events = stepTrace(row, { steps, arrivals: [] }).map(({ event }) => event);
  expect(events).toEqual(['slept', 'step']);
});
