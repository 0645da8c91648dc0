/** For commands that run until Ctrl-C, or until their output has no reader. */
import { pauseFor } from '#shared/kernel/pause.ts';
import { readerLeft } from './print.ts';

/**
 * Calls `look` every so many seconds. Ends when `look` returns false, at Ctrl-C, or when the output
 * has no reader.
 *
 * @param pause what to wait for in place of the time alone
 */
export const repeat = async (
  seconds: number,
  look: () => Promise<boolean>,
  pause: (ms: number, signal: AbortSignal) => Promise<void> = pauseFor,
): Promise<void> => {
  const stop = new AbortController();
  process.once('SIGINT', () => stop.abort());
  const signal = AbortSignal.any([stop.signal, readerLeft]);
  while (!signal.aborted && (await look())) await pause(seconds * 1_000, signal);
};
