/** Lets time pass. */
import { setTimeout as wait } from 'node:timers/promises';

/** Resolves after so many ms, or at the signal. */
export const pass = (ms: number, signal: AbortSignal): Promise<void> =>
  wait(ms, undefined, { signal }).catch(() => undefined);
