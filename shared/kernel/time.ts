/** The one place that parses times. A text that would not print as the same time is no time. */
import { assert } from './assert.ts';

const INSTANT = /^(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d:\d\d)(?:\.(\d{1,9}))?(?:Z|([+-])(\d\d):?(\d\d))$/;

const isOffset = (hours: number, minutes: number): boolean => hours < 24 && minutes < 60;

/**
 * A moment of RFC 3339, in ms since the epoch: date, time to the second or finer (cut to the ms),
 * and the offset in hours and minutes. undefined for any other text, and for days, hours and
 * offsets that do not exist (30 February, 24:00, a leap second).
 */
export const readTime = (text: string): number | undefined => {
  const [, date, time, fraction = '', sign = '+', hours = '0', minutes = '0'] =
    INSTANT.exec(text) ?? [];
  if (!isOffset(Number(hours), Number(minutes))) return undefined;
  const local = `${date}T${time}.${fraction.slice(0, 3).padEnd(3, '0')}Z`;
  const at = Date.parse(local);
  // Date.parse reads a day that the month does not have as a day of the next month.
  if (Number.isNaN(at) || new Date(at).toISOString() !== local) return undefined;
  const offsetMs = (Number(hours) * 60 + Number(minutes)) * 60_000;
  return sign === '-' ? at + offsetMs : at - offsetMs;
};

/**
 * The ms since the epoch of a time that a schema has checked.
 * @throws AssertionError for other text
 */
export const timeOf = (text: string): number => {
  const at = readTime(text);
  assert(at !== undefined, `a schema refuses the time ${JSON.stringify(text)}`);
  return at;
};
