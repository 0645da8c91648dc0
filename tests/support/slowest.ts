/** A reporter that says where a run's time went. */
import type { Reporter } from 'vitest/node';

const SHOWN = 10;

export const slowest: Reporter = {
  onTestRunEnd: (modules) => {
    const files = modules
      .map((module) => ({ name: module.relativeModuleId, ms: module.diagnostic().duration }))
      .toSorted((a, b) => b.ms - a.ms);
    const rows = files
      .slice(0, SHOWN)
      .map(({ name, ms }) => `${(ms / 1_000).toFixed(1).padStart(8)} s  ${name}`);
    console.log(`\nWhat took longest:\n${rows.join('\n')}\n`);
  },
};
