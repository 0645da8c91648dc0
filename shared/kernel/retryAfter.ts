/** The Retry-After header of HTTP: a number of seconds, or a date. */

const SECONDS_MAX = 43_200;

/** @param now ms since the epoch */
export const retryAfterSeconds = (header: string | undefined, now: number): number | undefined => {
  if (header === undefined) return undefined;
  const seconds = /^\d+$/.test(header) ? Number(header) : (Date.parse(header) - now) / 1_000;
  return Number.isFinite(seconds) ? Math.min(SECONDS_MAX, Math.max(0, seconds)) : undefined;
};
