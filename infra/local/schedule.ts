/** When a schedule fires next: `rate(…)` and `cron(…)` as EventBridge reads them, in UTC. */
import { LocalCloudError } from './errors.ts';

const UNIT_MS: Readonly<Record<string, number>> = {
  minute: 60_000,
  hour: 3_600_000,
  day: 86_400_000,
};

const MONTHS = ['JAN', 'FEB', 'MAR', 'APR', 'MAY', 'JUN', 'JUL', 'AUG', 'SEP', 'OCT', 'NOV', 'DEC'];
const WEEKDAYS = ['SUN', 'MON', 'TUE', 'WED', 'THU', 'FRI', 'SAT'];

interface Field {
  readonly min: number;
  readonly max: number;
  readonly names?: readonly string[];
}

const FIELDS = {
  minutes: { min: 0, max: 59 },
  hours: { min: 0, max: 23 },
  days: { min: 1, max: 31 },
  months: { min: 1, max: 12, names: MONTHS },
  weekdays: { min: 1, max: 7, names: WEEKDAYS },
  years: { min: 1970, max: 2199 },
} as const satisfies Record<string, Field>;

const bad = (expression: string, why: string): never => {
  throw new LocalCloudError('UNSUPPORTED_PROPERTY', `Schedule ${expression}: ${why}`);
};

const numberOf = (text: string, field: Field, expression: string): number => {
  const named = field.names?.indexOf(text.toUpperCase()) ?? -1;
  const value = named >= 0 ? named + field.min : Number(text);
  if (Number.isInteger(value) && value >= field.min && value <= field.max) return value;
  return bad(expression, `"${text}" is not supported here`);
};

const rangeOf = (part: string, field: Field, expression: string): readonly number[] => {
  const [range = '', step] = part.split('/');
  const [low = '', high] = range === '*' || range === '?' ? [] : range.split('-');
  const from = low === '' ? field.min : numberOf(low, field, expression);
  const open = low === '' || step !== undefined ? field.max : from;
  const to = high === undefined ? open : numberOf(high, field, expression);
  const by = step === undefined ? 1 : Number(step);
  if (!(by >= 1)) bad(expression, `the step "${step}" is not a number`);
  return Array.from(
    { length: Math.max(0, Math.floor((to - from) / by) + 1) },
    (_, n) => from + n * by,
  );
};

const setOf = (text: string, field: Field, expression: string): ReadonlySet<number> =>
  new Set(text.split(',').flatMap((part) => rangeOf(part, field, expression)));

const rateMs = (expression: string): number | undefined => {
  const [, count, unit = ''] = /^rate\((\d+) (minute|hour|day)s?\)$/.exec(expression) ?? [];
  return count === undefined ? undefined : Number(count) * (UNIT_MS[unit] ?? 0);
};

const DAY_MS = 86_400_000;
const DAYS_AHEAD_MAX = 366 * 8;

const nextCron = (expression: string, after: number): number | undefined => {
  const [, body] = /^cron\((.+)\)$/.exec(expression) ?? [];
  const parts = body?.trim().split(/\s+/) ?? [];
  if (parts.length !== 6) bad(expression, 'expected rate(N unit) or cron with six fields');
  const [minutes, hours, days, months, weekdays, years] = Object.values(FIELDS).map(
    (field, index) => setOf(parts[index] ?? '', field, expression),
  );
  const first = Math.floor(after / 60_000) * 60_000 + 60_000;
  const midnight = Math.floor(first / DAY_MS) * DAY_MS;
  for (let day = 0; day < DAYS_AHEAD_MAX; day += 1) {
    const date = new Date(midnight + day * DAY_MS);
    const fits =
      days?.has(date.getUTCDate()) &&
      months?.has(date.getUTCMonth() + 1) &&
      weekdays?.has(date.getUTCDay() + 1) &&
      years?.has(date.getUTCFullYear());
    const times = fits
      ? [...(hours ?? [])].flatMap((h) => [...(minutes ?? [])].map((m) => h * 60 + m))
      : [];
    const at = times.map((m) => date.getTime() + m * 60_000).filter((time) => time >= first);
    if (at.length > 0) return Math.min(...at);
  }
  return undefined;
};

/**
 * The first time after `after` (ms since the epoch), or undefined when there is none.
 * @throws LocalCloudError for an expression that this cloud cannot read
 */
export const nextFire = (expression: string, after: number): number | undefined => {
  const every = rateMs(expression);
  return every === undefined ? nextCron(expression, after) : after + every;
};
