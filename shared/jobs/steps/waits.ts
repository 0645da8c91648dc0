/**
 * When a run must end because all of its branches wait. The handler is left where it is: its
 * promises never settle, so no `catch` and no `finally` of the handler sees the end.
 */
import { LIMITS } from '#shared/kernel/limits.ts';
import type { Clock } from '#shared/kernel/ports.ts';
import type { Awaited } from './kept.ts';
import { isScopeOver, type Scope, scopeNow } from './scope.ts';

/** The branches of one run. */
export interface Waits {
  /** Work that must not be interrupted; does not begin once its branch or the run is over. */
  during<T>(work: () => Promise<T>): Promise<T>;
  /** Resolves when the time of a wait has come in this run; else never. */
  until(awaited: Awaited): Promise<void>;
  /** The branch asks for what is not there, and will not be: it never settles. */
  strand<T>(): Promise<T>;
  /** Ends the run for the handler. */
  stop(): void;
}

/** No run lasts so long, in ms; a wait that is over later needs no timer. */
const RUN_MS_MAX = 900_000;

/** A promise that never settles. */
export const never = <T>(): Promise<T> => new Promise(() => undefined);

interface Blocked {
  readonly awaited: Awaited;
  readonly scope: Scope | undefined;
  readonly timer: NodeJS.Timeout | undefined;
}

const FOR_EVER = Number.POSITIVE_INFINITY;

/** When the first of the waits is over by itself, in ms since the epoch; infinite for none. */
const firstEnd = (waits: readonly Awaited[]): number =>
  Math.min(FOR_EVER, ...waits.map(({ until = FOR_EVER }) => until));

/**
 * @param suspend called once, with all that the run waits for, when nothing else is left to do
 * @param stranded called when every branch that is left asks for what will not be there
 */
export const createWaits = (
  clock: Clock,
  suspend: (waits: readonly Awaited[]) => void,
  stranded: () => void = () => undefined,
): Waits => {
  const blocked = new Map<string, Blocked>();
  let active = 0;
  let isStopped = false;
  let isStranded = false;

  const stop = (): void => {
    isStopped = true;
    for (const { timer } of blocked.values()) clearTimeout(timer);
  };
  /** Gives up what branches wait for that are over. */
  const prune = (): void => {
    for (const [name, { scope, timer }] of blocked) {
      if (!isScopeOver(scope)) continue;
      clearTimeout(timer);
      blocked.delete(name);
    }
  };
  const settle = (): void => {
    prune();
    if (isStopped || active > 0) return;
    if (isStranded) stranded();
    if (blocked.size === 0) return;
    const waits = [...blocked.values()].map(({ awaited }) => awaited);
    // To end the run for so short a wait costs more than to wait.
    if (firstEnd(waits) - clock.now() <= LIMITS.stepWaitInlineMs) return;
    stop();
    suspend(waits);
  };
  /** After two turns of the event loop a branch that goes on has begun its next step. */
  const check = (): void => void setImmediate(() => setImmediate(settle));

  return {
    stop,
    strand: () => {
      isStranded = true;
      for (let scope = scopeNow(); scope; scope = scope.parent) scope.stranded?.();
      check();
      return never();
    },
    during: async (work) => {
      const scope = scopeNow();
      if (isStopped || isScopeOver(scope)) return never();
      active += 1;
      try {
        return await work();
      } finally {
        active -= 1;
        check();
      }
    },
    until: (awaited) => {
      const scope = scopeNow();
      if (isStopped || isScopeOver(scope)) return never();
      return new Promise((resolve) => {
        const ms = Math.max(0, (awaited.until ?? FOR_EVER) - clock.now());
        const wake = (): void => {
          blocked.delete(awaited.name);
          if (!isScopeOver(scope)) resolve();
          check();
        };
        const timer = ms <= RUN_MS_MAX ? setTimeout(wake, ms) : undefined;
        blocked.set(awaited.name, { awaited, scope, timer });
        check();
      });
    },
  };
};
