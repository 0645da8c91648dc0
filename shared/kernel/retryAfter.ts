/**
 * The Retry-After header of HTTP (RFC 9110 §10.2.3): whole seconds, or a date. Fractions of a second
 * are common and plain, so that they are taken; whatever else it says is as if it said nothing.
 */

const SECONDS_MAX = 43_200;

const SECONDS = /^\d+(?:\.\d+)?$/;
/** `Sun, 06 Nov 1994 08:49:37 GMT`, as servers must write it; Date.parse alone takes "-5" for a day. */
const DATE =
  /^(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun), \d{2} (?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) \d{4} \d{2}:\d{2}:\d{2} GMT$/;

const read = (text: string, now: number): number => {
  if (SECONDS.test(text)) return Number(text);
  return DATE.test(text) ? (Date.parse(text) - now) / 1_000 : Number.NaN;
};

/**
 * @param now ms since the epoch
 * @returns whole seconds from 0 to 12 hours, or undefined when the header says none
 */
export const retryAfterSeconds = (header: string | undefined, now: number): number | undefined => {
  const seconds = read(header?.trim() ?? '', now);
  if (Number.isNaN(seconds)) return undefined;
  return Math.min(SECONDS_MAX, Math.max(0, Math.ceil(seconds)));
};
