/**
 * When a schedule fires: `rate(…)` and `cron(…)` as EventBridge reads them ("Schedule types on
 * EventBridge Scheduler" in its user guide), in a time zone.
 */
import { Cron } from 'croner';
import { cronFault } from './cronFields.ts';
import { ScheduleError } from './errors.ts';
import { timezoneFault } from './timezone.ts';

const UNIT_MS: Readonly<Record<string, number>> = {
  minute: 60_000,
  hour: 3_600_000,
  day: 86_400_000,
};

/** The longest rate, in days: from now to the last year that a cron expression may name. */
const RATE_DAYS_MAX = 63_000;

const invalid = (expression: string, why: string): ScheduleError =>
  new ScheduleError('EXPRESSION_INVALID', `${expression}: ${why}`);

const rateMs = (expression: string): number | undefined => {
  const [, count, unit = ''] = /^rate\((\d+) (minute|hour|day)s?\)$/.exec(expression) ?? [];
  if (count === undefined) return undefined;
  if (Number(count) < 1) throw invalid(expression, 'a rate is at least 1');
  const ms = Number(count) * (UNIT_MS[unit] ?? 0);
  if (ms > RATE_DAYS_MAX * 86_400_000)
    throw invalid(expression, `a rate is at most ${RATE_DAYS_MAX} days`);
  return ms;
};

const cronOf = (expression: string, timezone: string): Cron => {
  const [, body = ''] = /^cron\((.+)\)$/.exec(expression) ?? [];
  const fields = body.trim().split(/\s+/);
  if (fields.length !== 6)
    throw invalid(
      expression,
      'expected rate(N minutes|hours|days) or cron(minutes hours day-of-month month day-of-week year)',
    );
  const fault = cronFault(fields);
  if (fault) throw invalid(expression, fault);
  const [minutes, hours, days, months, weekdays, years] = fields;
  // As the whole field, L means the last day of the week, which is Saturday: 7.
  const pattern = ['0', minutes, hours, days, months, weekdays === 'L' ? '7' : weekdays, years];
  try {
    return new Cron(pattern.join(' '), {
      timezone,
      paused: true,
      mode: '7-part',
      // As in EventBridge: Sunday is 1, and "from/step" goes on to the end of the field.
      alternativeWeekdays: true,
      sloppyRanges: true,
    });
  } catch (error) {
    throw invalid(expression, error instanceof Error ? error.message : String(error));
  }
};

const checkTimezone = (timezone: string): void => {
  const fault = timezoneFault(timezone);
  if (fault) throw new ScheduleError('TIMEZONE_UNKNOWN', `"${timezone}" ${fault}`);
};

/**
 * The first time after `after`, both in ms since the epoch; undefined when there is none. A local
 * time that is left out in spring does not fire; a local time that comes twice in autumn fires
 * once.
 * @throws ScheduleError EXPRESSION_INVALID, TIMEZONE_UNKNOWN
 */
export const nextFire = (
  expression: string,
  after: number,
  timezone = 'UTC',
): number | undefined => {
  checkTimezone(timezone);
  const every = rateMs(expression);
  if (every !== undefined) return after + every;
  const cron = cronOf(expression, timezone);
  let next = cron.nextRun(new Date(after));
  while (next && !cron.match(next)) next = cron.nextRun(next);
  return next?.getTime();
};

/**
 * Whether the expression is a rate: it fires at intervals from its creation, not at clock times.
 * @throws ScheduleError EXPRESSION_INVALID for a rate that is too short or too long
 */
export const isRate = (expression: string): boolean => rateMs(expression) !== undefined;
