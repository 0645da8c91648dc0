/**
 * What the six fields of a cron expression may say ("Cron expressions reference" in EventBridge's
 * user guide). A check of its own, because the cron library accepts more than EventBridge.
 */

interface Field {
  readonly name: string;
  readonly min: number;
  readonly max: number;
  /** Names of the numbers from `min` on. */
  readonly names?: readonly string[];
  /** Other forms that an element may have. */
  readonly special?: RegExp;
}

const MONTHS = 'JAN FEB MAR APR MAY JUN JUL AUG SEP OCT NOV DEC'.split(' ');
const WEEKDAYS = 'SUN MON TUE WED THU FRI SAT'.split(' ');

const FIELDS: readonly Field[] = [
  { name: 'minutes', min: 0, max: 59 },
  { name: 'hours', min: 0, max: 23 },
  { name: 'day-of-month', min: 1, max: 31, special: /^(?:L|LW|(?:[1-9]|[12]\d|3[01])W)$/ },
  { name: 'month', min: 1, max: 12, names: MONTHS },
  {
    name: 'day-of-week',
    min: 1,
    max: 7,
    names: WEEKDAYS,
    special: /^(?:L|(?:[1-7]|SUN|MON|TUE|WED|THU|FRI|SAT)(?:L|#[1-5]))$/i,
  },
  { name: 'year', min: 1970, max: 2199 },
];

const numberOf = (text: string, { names, min }: Field): number => {
  const named = names?.indexOf(text.toUpperCase()) ?? -1;
  if (named >= 0) return min + named;
  return /^\d{1,4}$/.test(text) ? Number(text) : Number.NaN;
};

const isElement = (text: string, field: Field): boolean => {
  const { min, max, special } = field;
  if (special?.test(text)) return true;
  const [range = '', step, ...rest] = text.split('/');
  const isStep = step === undefined || (/^\d{1,4}$/.test(step) && Number(step) >= 1);
  // AWS refuses a step beyond the field's maximum, such as "*/60" for minutes.
  if (rest.length > 0 || !isStep || Number(step ?? 1) > max) return false;
  if (range === '*') return true;
  const bounds = range.split('-').map((each) => numberOf(each, field));
  return bounds.length <= 2 && bounds.every((bound) => bound >= min && bound <= max);
};

/** What is wrong with the six fields of an expression; undefined when nothing is. */
export const cronFault = (fields: readonly string[]): string | undefined => {
  const [, , days, , weekdays] = fields;
  if ((days === '?') === (weekdays === '?'))
    return 'exactly one of day-of-month and day-of-week must be "?"';
  if (weekdays?.includes('#') && weekdays.includes(','))
    return 'with "#", day-of-week has one element';
  for (const [index, field] of FIELDS.entries()) {
    const text = fields[index] ?? '';
    const isAny = text === '?' && (field.name === 'day-of-month' || field.name === 'day-of-week');
    const bad = isAny ? undefined : text.split(',').find((each) => !isElement(each, field));
    if (bad !== undefined)
      return `${field.name}: "${bad}" is not within ${field.min} to ${field.max}`;
  }
  return undefined;
};
