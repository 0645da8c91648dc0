/** A timer that follows a calendar. */
import type { Source } from './sqsSource.ts';

/** Longest single wait, in ms: setTimeout cannot wait longer than 24.8 days. */
const WAIT_MS_MAX = 86_400_000;

/**
 * Calls `fire` at each time until stopped.
 *
 * @param first ms since the epoch; undefined means never
 * @param next gives the time that follows a time; undefined ends the timer
 */
export const startTicker = (
  first: number | undefined,
  next: (after: number) => number | undefined,
  fire: (at: number) => void,
): Source => {
  let timer: NodeJS.Timeout | undefined;
  const arm = (at: number | undefined): void => {
    if (at === undefined) return;
    const wait = at - Date.now();
    const due = (): void => {
      const isDue = wait <= WAIT_MS_MAX;
      if (isDue) fire(at);
      arm(isDue ? next(at) : at);
    };
    timer = setTimeout(due, Math.min(WAIT_MS_MAX, Math.max(0, wait)));
  };
  arm(first);
  return {
    stop: () => {
      clearTimeout(timer);
      return Promise.resolve();
    },
  };
};
