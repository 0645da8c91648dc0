/** Fires the EventBridge rules that have a schedule. */
import { randomUUID } from 'node:crypto';
import { nextFire } from '#shared/schedules/expression.ts';
import { fire, type LocalRule, type TargetWorld } from './rules.ts';
import type { Source } from './sqsSource.ts';
import { startTicker } from './ticker.ts';

interface Place {
  readonly region: string;
  readonly accountId: string;
}

const eventOf = (id: string, { region, accountId }: Place, at: number): object => ({
  version: '0',
  id: randomUUID(),
  'detail-type': 'Scheduled Event',
  source: 'aws.events',
  account: accountId,
  time: new Date(at).toISOString().replace(/\.\d+Z$/, 'Z'),
  region,
  resources: [`arn:aws:events:${region}:${accountId}:rule/${id}`],
  detail: {},
});

/**
 * Fires the rule at each time of its schedule, in UTC, until stopped. Times that passed before the
 * start are not made up for.
 *
 * @throws ScheduleError `EXPRESSION_INVALID`
 */
export const startSchedule = (
  rule: LocalRule & { readonly schedule: string },
  place: Place,
  world: TargetWorld,
): Source => {
  const next = (after: number) => nextFire(rule.schedule, after);
  return startTicker(next(Date.now()), next, (at) =>
    fire(rule, eventOf(rule.id, place, at), world),
  );
};
