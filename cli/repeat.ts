/** For commands that go on until Ctrl-C, or until nobody reads what they say. */
import { setTimeout as wait } from 'node:timers/promises';
import { readerLeft } from './print.ts';

/** Looks every so many seconds; until one of these, or a look that answers false. */
export const repeat = async (seconds: number, look: () => Promise<boolean>): Promise<void> => {
  const stop = new AbortController();
  process.once('SIGINT', () => stop.abort());
  const signal = AbortSignal.any([stop.signal, readerLeft]);
  while (!signal.aborted && (await look()))
    await wait(seconds * 1_000, undefined, { signal }).catch(() => undefined);
};
