/** What the kernel knows of processes. */
import { existsSync, readFileSync } from 'node:fs';

/** Whether the kernel can say who a process's children are. */
export const KNOWS_CHILDREN = existsSync(`/proc/${process.pid}/task/${process.pid}/children`);

/** A zombie, which nobody has waited for, runs no more. */
export const isRunning = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
  } catch {
    return false;
  }
  try {
    return !/^\d+ \(.*\) Z/s.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    return !existsSync('/proc/self');
  }
};

/** Children of a process that run the program. */
export const childrenOf = (pid: number, program: string): readonly number[] =>
  readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8')
    .split(' ')
    .filter((child) => child !== '')
    .map(Number)
    .filter((child) => readFileSync(`/proc/${child}/cmdline`, 'utf8').startsWith(`${program}\0`));
