/**
 * The Retry-After header of HTTP (RFC 9110 §10.2.3): whole seconds, or a date. Fractions of a
 * second are common and clear, so they are read, too. Any other value counts as no header.
 */

const SECONDS_MAX = 43_200;

const SECONDS = /^\d+(?:\.\d+)?$/;
/** The form that servers must write. Date.parse alone is too lax: it reads "-5" as a day. */
const DATE =
  /^(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun), \d{2} (?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) \d{4} \d{2}:\d{2}:\d{2} GMT$/;

const read = (text: string, now: number): number => {
  if (SECONDS.test(text)) return Number(text);
  return DATE.test(text) ? (Date.parse(text) - now) / 1_000 : Number.NaN;
};

/**
 * How long a server asks its caller to wait.
 * @param now ms since the epoch
 * @returns whole seconds, rounded up, from 0 to 12 hours; undefined when the header gives no time
 */
export const retryAfterSeconds = (header: string | undefined, now: number): number | undefined => {
  const seconds = read(header?.trim() ?? '', now);
  if (Number.isNaN(seconds)) return undefined;
  return Math.min(SECONDS_MAX, Math.max(0, Math.ceil(seconds)));
};
