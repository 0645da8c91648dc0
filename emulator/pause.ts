import { setTimeout as timeout } from 'node:timers/promises';

/** Waits, and wakes at once when what waits is stopped. */
export const pause = (ms: number, signal?: AbortSignal): Promise<void> =>
  // Nothing but the signal can make it fail.
  timeout(ms, undefined, { signal }).catch(() => undefined);
