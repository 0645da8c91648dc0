/** A pause that a signal ends. */
import { setTimeout as timeout } from 'node:timers/promises';

/** Waits this many ms; ends early, without an error, when the signal aborts. */
export const pauseFor = (ms: number, signal?: AbortSignal): Promise<void> =>
  // Only the signal can make the timer fail.
  timeout(ms, undefined, { signal }).catch(() => undefined);
