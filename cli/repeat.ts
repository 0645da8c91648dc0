/** For commands that go on until Ctrl-C. */
import { setTimeout as wait } from 'node:timers/promises';

/** Looks every so many seconds; until Ctrl-C, or a look that answers false. */
export const repeat = async (seconds: number, look: () => Promise<boolean>): Promise<void> => {
  const stop = new AbortController();
  process.once('SIGINT', () => stop.abort());
  while (!stop.signal.aborted && (await look()))
    await wait(seconds * 1_000, undefined, stop).catch(() => undefined);
};
