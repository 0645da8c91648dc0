/** For commands that run until Ctrl-C, or until their output has no reader. */
import { setTimeout as wait } from 'node:timers/promises';
import { readerLeft } from './print.ts';

/** Waits for so many ms, or until the signal. */
type Pause = (ms: number, signal: AbortSignal) => Promise<void>;

const pass: Pause = (ms, signal) => wait(ms, undefined, { signal }).catch(() => undefined);

/**
 * Calls `look` every so many seconds. Ends when `look` returns false, at Ctrl-C, or when the output
 * has no reader.
 *
 * @param pause what to wait for in place of the time alone
 */
export const repeat = async (
  seconds: number,
  look: () => Promise<boolean>,
  pause: Pause = pass,
): Promise<void> => {
  const stop = new AbortController();
  process.once('SIGINT', () => stop.abort());
  const signal = AbortSignal.any([stop.signal, readerLeft]);
  while (!signal.aborted && (await look())) await pause(seconds * 1_000, signal);
};
