/**
 * Errors that nobody caught. Node and Lambda would end the process with all its jobs. Here an error
 * that a job left behind ends only the attempt of this job.
 */
import {
  type LeftBehind,
  LeftBehindError,
  originOf,
} from '#shared/jobs/worker/attempt/asyncOrigin.ts';
import type { Logger } from '#shared/kernel/ports.ts';
import { toldOf } from '#shared/kernel/thrown.ts';

type Event = 'unhandledRejection' | 'uncaughtException';
type Listener = (thrown: unknown, detail: unknown) => void;

const HOW: Readonly<Record<Event, LeftBehind>> = {
  unhandledRejection: 'unhandled rejection',
  uncaughtException: 'uncaught exception',
};

/** Charges an error to the job that left it behind; false when no job did. */
const putDown = (how: LeftBehind, thrown: unknown, logger: Logger): boolean => {
  const origin = originOf();
  if (!origin) return false;
  const { jobId, kind, attempt } = origin;
  const isRunning = origin.fail(new LeftBehindError(how, thrown));
  const when = isRunning ? 'which ends its attempt' : 'after it had ended';
  logger.error(`a job left an ${how} behind, ${when}`, {
    jobId,
    kind,
    attempt,
    error: toldOf(thrown),
  });
  return true;
};

/**
 * Takes the place of the runtime's listeners for errors that nobody caught. An error of no job goes
 * to those listeners; without any, it ends the process. Call the returned function at the beginning
 * of each invocation, because the runtime may add listeners after the handler was loaded.
 * @param end ends the process
 */
export const catchLeftBehind = (
  logger: Logger,
  end: () => void = () => process.exit(1),
): (() => void) => {
  const catcher = (event: Event) => {
    const others = new Set<Listener>();
    const onThrown: Listener = (thrown, detail) => {
      if (putDown(HOW[event], thrown, logger)) return;
      for (const other of others) other.call(process, thrown, detail);
      if (others.size > 0) return;
      const error = toldOf(thrown);
      logger.error(`an ${HOW[event]} of no job ends this environment`, { error });
      end();
    };
    return () => {
      for (const listener of process.listeners(event as 'uncaughtException') as Listener[])
        if (listener !== onThrown) others.add(listener);
      process.removeAllListeners(event);
      process.on(event, onThrown);
    };
  };
  const catchers = [catcher('unhandledRejection'), catcher('uncaughtException')];
  return () => {
    for (const listen of catchers) listen();
  };
};
