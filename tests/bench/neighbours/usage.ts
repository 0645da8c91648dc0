/** What processes use, as Linux counts it; 0 where there is no /proc. */
import { readFileSync } from 'node:fs';
import { KNOWS_CHILDREN } from '../../support/processes.ts';

/** Of `/proc/PID/stat`; 100 a second on every Linux. */
const TICK_MS = 10;
/** Its fields after the name: user and system time, of the process and of its children that are gone. */
const TIMES = [11, 12, 13, 14];

const read = (pid: number, file: string): string => {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'utf8');
  } catch {
    return '';
  }
};

const sum = (values: readonly number[]): number => values.reduce((all, value) => all + value, 0);

/** A process and all below it. */
export const treeOf = (pid: number): readonly number[] => {
  if (!KNOWS_CHILDREN) return [];
  const children = read(pid, `task/${pid}/children`).split(' ').filter(Boolean).map(Number);
  return [pid, ...children.flatMap(treeOf)];
};

/** CPU time that the processes, and their children that have ended, have used so far. */
export const cpuMs = (pids: readonly number[]): number =>
  sum(
    pids.map((pid) => {
      const fields = read(pid, 'stat').split(') ').at(-1)?.split(' ') ?? [];
      return sum(TIMES.map((index) => Number(fields[index] ?? 0))) * TICK_MS;
    }),
  );

/** Resident memory in MB; what processes share is divided among them, so that it counts once. */
export const residentMb = (pids: readonly number[]): number =>
  sum(pids.map((pid) => Number(/^Pss:\s+(\d+) kB/m.exec(read(pid, 'smaps_rollup'))?.[1] ?? 0))) /
  1_024;
