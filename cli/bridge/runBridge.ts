/** Keeps a bridge at work: it takes files at each change of their folder, and looks for results. */
import { watch } from 'node:fs';
import { pauseFor } from '#shared/kernel/pause.ts';
import type { Bridge } from '#shared/legacy/bridge/run.ts';
import { type Changes, openChanges } from '../changes.ts';
import { readerLeft } from '../print.ts';

/** The folder is looked at after so long in any case. */
const SWEEP_MS = 2_000;
/** The pause between two looks for results grows while nothing ends. */
const LOOK_MS = { least: 25, most: 2_000, growth: 1.3 } as const;

interface Stage {
  readonly bridge: Bridge;
  readonly signal: AbortSignal;
  readonly once: boolean;
  /** Of the folder, and of what is open. */
  readonly changes: Changes;
}

const taking = async ({ bridge, signal, once, changes }: Stage, folder: string): Promise<void> => {
  const watcher = watch(folder, changes.tell);
  try {
    while (!signal.aborted) {
      await bridge.take();
      if (once && bridge.open === 0) return;
      await changes.next(SWEEP_MS, signal);
    }
  } finally {
    watcher.close();
  }
};

const delivering = async ({ bridge, signal, changes }: Stage): Promise<void> => {
  let ms: number = LOOK_MS.least;
  while (!signal.aborted) {
    const isIdle = bridge.open === 0;
    const count = isIdle ? 0 : await bridge.deliver();
    if (count > 0 && bridge.open === 0) changes.tell();
    ms = isIdle || count > 0 ? LOOK_MS.least : Math.min(LOOK_MS.most, ms * LOOK_MS.growth);
    await pauseFor(ms, signal);
  }
};

/**
 * Runs a bridge until Ctrl-C, or until its output has no reader.
 *
 * @param folder where job files are
 * @param once ends when all files that are there have come back
 */
export const runBridge = async (bridge: Bridge, folder: string, once: boolean): Promise<void> => {
  const stop = new AbortController();
  // The listener stays: a process that is interrupted while its command tidies up must not die of it.
  process.once('SIGINT', () => stop.abort());
  const signal = AbortSignal.any([stop.signal, readerLeft]);
  const stage: Stage = { bridge, signal, once, changes: openChanges() };
  await bridge.recover();
  // Whichever of the two fails ends the other.
  const ending = <T>(work: Promise<T>): Promise<T> => work.finally(() => stop.abort());
  await Promise.all([ending(taking(stage, folder)), ending(delivering(stage))]);
};
