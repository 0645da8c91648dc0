import type { MetricDataQuery } from '@aws-sdk/client-cloudwatch';
import { describe, expect, it } from 'vitest';
import { cloudWatchBoard } from '#cli/console/boards.ts';
import { faultOf } from '#cli/console/faults.ts';
import type { Watching } from '#client/watching.ts';

const HOUR = 3_600;

/** CloudWatch as it answers: the last two periods have values, searches find two kinds. */
const answering = (asked: MetricDataQuery[]): Watching => ({
  metricData: (queries, from, until) => {
    asked.push(...queries);
    return Promise.resolve(
      queries.flatMap(({ Id = '', Expression, Label, MetricStat, Period = 60 }) => {
        const periodMs = (MetricStat?.Period ?? Period) * 1_000;
        const last = Math.floor(until / periodMs) * periodMs;
        const Timestamps = [last - periodMs, last].map((at) => new Date(at));
        expect(from).toBeLessThan(last);
        const Values = [2, 3];
        if (!Expression) return [{ Id, Timestamps, Values }];
        expect(Label).toContain('Dim.');
        return ['echo', 'pdf'].map((kind) => ({ Id, Label: kind, Timestamps, Values }));
      }),
    );
  },
  alarms: (prefix) =>
    Promise.resolve([
      { name: `${prefix}Quarantined`, state: 'ALARM', reason: 'crossed', since: 5 },
      { name: `${prefix}LedgerLag`, state: 'OK', reason: '', since: 6 },
      { name: `${prefix}of-somebody-else`, state: 'ALARM', reason: '', since: 7 },
    ]),
});

describe('the board of a deployment in AWS', () => {
  it('has every widget, with values, sums of hidden series and lines by kind', async () => {
    const asked: MetricDataQuery[] = [];
    const board = await cloudWatchBoard('prod', answering(asked))(HOUR);
    const widgets = new Map(
      board.rows.flatMap((row) => row.widgets).map((each) => [each.title, each]),
    );
    expect(board).toMatchObject({ binMs: 60_000, length: 60 });
    const jobs = widgets.get('Jobs');
    const sent = jobs?.lines.find(({ label }) => label === 'sent');
    // Four queues, two and three messages each.
    expect(sent?.points.slice(-3)).toEqual([0, 8, 12]);
    expect(jobs?.lines.map(({ label }) => label)).not.toContain('sent normal');
    expect(jobs?.counted.every(Boolean)).toBe(true);
    expect(widgets.get('Time to start, by kind')?.lines.map(({ label }) => label)).toContain(
      'echo p50',
    );
    expect(new Set(asked.map(({ Id }) => Id)).size).toBe(asked.length);
    expect(board.note).toContain(`${asked.length} metrics`);
  });

  it('has the alarms that are on, with their runbook', async () => {
    const { alarms } = await cloudWatchBoard('prod', answering([]))(HOUR);
    expect(alarms.on).toMatchObject([{ id: 'Quarantined', reason: 'crossed', since: 5 }]);
    expect(alarms.on[0]?.firstAction).toContain('redrive');
  });

  it.each([
    [HOUR, 60_000],
    [24 * HOUR, 300_000],
    [7 * 24 * HOUR, 3_600_000],
    [30 * 24 * HOUR, 14_400_000],
  ])('takes bins for %d seconds that CloudWatch still has', async (range, binMs) => {
    const board = await cloudWatchBoard('prod', answering([]))(range);
    expect(board.binMs).toBe(binMs);
    expect(board.length * binMs).toBe(range * 1_000);
  });
});

describe('what the page is told of a failure', () => {
  it('is the right that is missing', () => {
    const denied = Object.assign(
      new Error(
        'User: arn:aws:iam::1:user/ada is not authorized to perform: dynamodb:Scan on resource: arn:aws:dynamodb:eu-west-1:1:table/sheratan-prod-jobs because no identity-based policy allows it',
      ),
      { name: 'AccessDeniedException' },
    );
    const { status, refusal } = faultOf(denied);
    expect(status).toBe(403);
    expect(refusal.code).toBe('RIGHT_MISSING');
    expect(refusal.message).toContain('dynamodb:Scan on arn:aws:dynamodb:eu-west-1:1:table');
  });

  it('is the service’s own code for everything else', () => {
    const busy = Object.assign(new Error('slow down'), { name: 'ThrottlingException' });
    expect(faultOf(busy)).toMatchObject({ status: 502, refusal: { code: 'ThrottlingException' } });
  });
});
