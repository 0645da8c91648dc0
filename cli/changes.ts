/** Waits for something to change. */
import { setTimeout as wait } from 'node:timers/promises';

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
      const time = wait(ms, undefined, { signal }).catch(() => undefined);
      await Promise.race([change.promise, time]);
      change = Promise.withResolvers();
    },
  };
};
