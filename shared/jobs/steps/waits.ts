/**
 * When a run must end because all of its branches wait. The handler is left where it is: its
 * promises never settle, so no `catch` and no `finally` of the handler sees the end.
 */
import { LIMITS } from '#shared/kernel/limits.ts';
import type { Clock } from '#shared/kernel/ports.ts';
import type { Awaited } from './kept.ts';

/** The branches of one run. */
export interface Waits {
  /** Work that must not be interrupted; never settles once the run is over. */
  during<T>(work: () => Promise<T>): Promise<T>;
  /** Resolves when the time of a wait has come in this run; else never. */
  until(awaited: Awaited): Promise<void>;
  /** Ends the run for the handler. */
  stop(): void;
}

/** No run lasts so long, in ms; a wait that is over later needs no timer. */
const RUN_MS_MAX = 900_000;

const never = <T>(): Promise<T> => new Promise(() => undefined);

/**
 * @param suspend called once, with all that the run waits for, when nothing else is left to do
 */
export const createWaits = (clock: Clock, suspend: (waits: readonly Awaited[]) => void): Waits => {
  const blocked = new Map<
    string,
    { readonly awaited: Awaited; readonly timer?: NodeJS.Timeout | undefined }
  >();
  let active = 0;
  let isOver = false;

  const stop = (): void => {
    isOver = true;
    for (const { timer } of blocked.values()) clearTimeout(timer);
  };
  const settle = (): void => {
    if (isOver || active > 0 || blocked.size === 0) return;
    const waits = [...blocked.values()].map(({ awaited }) => awaited);
    const first = Math.min(...waits.map(({ until }) => until));
    // To end the run for so short a wait costs more than to wait.
    if (first - clock.now() <= LIMITS.stepWaitInlineMs) return;
    stop();
    suspend(waits);
  };
  /** After two turns of the event loop a branch that goes on has begun its next step. */
  const check = (): void => void setImmediate(() => setImmediate(settle));

  return {
    stop,
    during: async (work) => {
      if (isOver) return never();
      active += 1;
      try {
        return await work();
      } finally {
        active -= 1;
        check();
      }
    },
    until: (awaited) => {
      if (isOver) return never();
      return new Promise((resolve) => {
        const ms = Math.max(0, awaited.until - clock.now());
        const wake = (): void => {
          blocked.delete(awaited.name);
          resolve();
          check();
        };
        const timer = ms <= RUN_MS_MAX ? setTimeout(wake, ms) : undefined;
        blocked.set(awaited.name, { awaited, timer });
        check();
      });
    },
  };
};
