/** The time that the page shows: "5 s ago" grows although nothing was read. */
import { signal } from '@preact/signals';
import { paused } from './reading.ts';

const TICK_MS = 1_000;

/** ms since the epoch, a new value each second; a hidden page, or one held still, keeps its time. */
export const second = signal(Date.now());
setInterval(() => {
  if (!(document.hidden || paused.value)) second.value = Date.now();
}, TICK_MS);
