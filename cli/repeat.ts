/** For commands that run until Ctrl-C, or until their output has no reader. */
import { setTimeout as wait } from 'node:timers/promises';
import { readerLeft } from './print.ts';

/**
 * Calls `look` every so many seconds. Ends when `look` returns false, at Ctrl-C, or when the output
 * has no reader.
 */
export const repeat = async (seconds: number, look: () => Promise<boolean>): Promise<void> => {
  const stop = new AbortController();
  process.once('SIGINT', () => stop.abort());
  const signal = AbortSignal.any([stop.signal, readerLeft]);
  while (!signal.aborted && (await look()))
    await wait(seconds * 1_000, undefined, { signal }).catch(() => undefined);
};
