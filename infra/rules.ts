/** Rules that several settings share; each message says what the value must be. */
import * as v from 'valibot';

/** A whole number in a range, both ends included. */
export const wholeBetween = (min: number, max: number) => {
  const rule = `must be a whole number from ${min} to ${max}`;
  return v.pipe(v.number(rule), v.integer(rule), v.minValue(min, rule), v.maxValue(max, rule));
};

/** @param what a text of that pattern is, for the message */
export const matching = (pattern: RegExp, what: string) =>
  v.pipe(v.string(`must be ${what}`), v.regex(pattern, `must be ${what}`));

/** true or false; an absent value is `byDefault`. */
export const flag = (byDefault: boolean) =>
  v.optional(v.boolean('must be true or false'), byDefault);

/** A list of texts of one pattern. */
export const listOf = (pattern: RegExp, what: string, example: string) =>
  v.array(matching(pattern, `${what} such as "${example}"`), `must be a list, each ${what}`);

/** One of these words. */
export const wordOf = <const Word extends string>(...words: readonly [Word, ...Word[]]) =>
  v.picklist(words, `must be ${words.map((word) => `"${word}"`).join(' or ')}`);
