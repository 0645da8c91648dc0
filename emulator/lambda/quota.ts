/** The quota of an account: how many executions of all its functions run at once. */
import type { LocalFunction } from './functions.ts';

/** What the functions of an account share. */
export interface ExecutionQuota {
  /** Counts an execution, if there is room for it. */
  take(): boolean;
  give(): void;
}

/** @param max executions at once; undefined: as many as are asked for */
export const executionQuota = (max = Number.POSITIVE_INFINITY): ExecutionQuota => {
  let running = 0;
  return {
    take: () => {
      if (running >= max) return false;
      running += 1;
      return true;
    },
    give: () => {
      running -= 1;
    },
  };
};

/** The same function; beyond the quota an invocation is refused at once, as Lambda refuses it. */
export const withinQuota = (fn: LocalFunction, quota: ExecutionQuota): LocalFunction => ({
  ...fn,
  invoke: async (event) => {
    if (!quota.take()) {
      const error = { errorType: 'TooManyRequestsException', errorMessage: 'Rate Exceeded.' };
      return { ok: false, error };
    }
    try {
      return await fn.invoke(event);
    } finally {
      quota.give();
    }
  },
});
