/** Holds a process down to a share of one CPU: by a control group where one can be made, else by signals. */
import { existsSync, mkdirSync, rmdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** As Lambda does it. */
const PERIOD_US = 20_000;

export interface Quota {
  /** How it is done. */
  readonly by: string;
  release(): void;
}

/** @param limits the quota, and the largest weight: nothing but the quota is to hold it down */
const inGroup = (root: string, limits: Readonly<Record<string, string>>, pid: number): Quota => {
  if (!existsSync(join(root, 'cgroup.procs'))) throw new Error(`${root} is no control group`);
  const group = join(root, `sheratan-bench-${pid}`);
  mkdirSync(group);
  try {
    for (const [file, value] of Object.entries(limits)) writeFileSync(join(group, file), value);
    writeFileSync(join(group, 'cgroup.procs'), String(pid));
  } catch (error) {
    rmdirSync(group);
    throw error;
  }
  return {
    by: `control group ${root}, ${PERIOD_US / 1_000} ms period`,
    // It can go when its last process has.
    release: () => rmdirSync(group),
  };
};

const bySignals = (pid: number, share: number): Quota => {
  const periodMs = 100;
  let timer: NodeJS.Timeout;
  const stop = (): void => {
    process.kill(pid, 'SIGSTOP');
    timer = setTimeout(go, periodMs * (1 - share));
  };
  const go = (): void => {
    process.kill(pid, 'SIGCONT');
    timer = setTimeout(stop, periodMs * share);
  };
  go();
  return {
    by: `SIGSTOP and SIGCONT, ${periodMs} ms period`,
    release: () => clearTimeout(timer),
  };
};

export const holdDown = (pid: number, share: number): Quota => {
  const quota = String(PERIOD_US * share);
  const ways: readonly (() => Quota)[] = [
    () =>
      inGroup('/sys/fs/cgroup', { 'cpu.max': `${quota} ${PERIOD_US}`, 'cpu.weight': '10000' }, pid),
    () =>
      inGroup(
        '/sys/fs/cgroup/cpu',
        {
          'cpu.cfs_period_us': String(PERIOD_US),
          'cpu.cfs_quota_us': quota,
          'cpu.shares': '262144',
        },
        pid,
      ),
  ];
  for (const way of ways) {
    try {
      return way();
    } catch {
      // No such controller here, or none that this user may use.
    }
  }
  return bySignals(pid, share);
};
