/** Waits for something to change. */
import { pauseFor } from '#shared/kernel/pause.ts';

export interface Changes {
  tell(): void;
  /**
   * Resolves once a change was told since it resolved before, after so many ms, or at the signal. File
   * systems may lose an event.
   */
  next(ms: number, signal: AbortSignal): Promise<void>;
}

/** Changes that are told from now on. */
export const openChanges = (): Changes => {
  let change = Promise.withResolvers<void>();
  return {
    tell: () => change.resolve(),
    next: async (ms, signal) => {
      const told = new AbortController();
      const time = pauseFor(ms, AbortSignal.any([signal, told.signal]));
      await Promise.race([change.promise, time]);
      // Else the timer would keep the process alive until its time is over.
      told.abort();
      change = Promise.withResolvers();
    },
  };
};
