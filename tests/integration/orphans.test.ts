import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { resolve } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { childrenOf, isRunning, KNOWS_CHILDREN } from '../support/processes.ts';

const started: ChildProcess[] = [];
afterEach(() => {
  for (const each of started.splice(0)) each.kill('SIGKILL');
});

/** A parent of environments, one of them in a busy loop that no message from the parent reaches. */
const startParent = async (): Promise<{ parent: ChildProcess; pids: readonly number[] }> => {
  const parent = fork(resolve('tests/support/parent.ts'), { stdio: 'ignore' });
  started.push(parent);
  const [pids] = (await once(parent, 'message')) as [readonly number[]];
  for (const pid of pids) expect(isRunning(pid)).toBe(true);
  return { parent, pids };
};

const untilGone = (pids: readonly number[]): Promise<void> =>
  expect.poll(() => pids.filter(isRunning), { timeout: 30_000 }).toEqual([]);

describe('no process outlives its parent', () => {
  it.each(['SIGKILL', 'SIGTERM', 'SIGABRT'] as const)('that ends by %s', async (signal) => {
    const { parent, pids } = await startParent();
    parent.kill(signal);
    await untilGone([...pids, parent.pid ?? 0]);
  });

  it.runIf(KNOWS_CHILDREN)('whose guard was killed before', async () => {
    const { parent, pids } = await startParent();
    const guards = () => childrenOf(parent.pid ?? 0, '/bin/sh');
    const [first = 0, ...others] = guards();
    expect(others).toEqual([]);
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.kill(first, signal);
    process.kill(first, 'SIGKILL');
    await expect.poll(guards, { timeout: 30_000 }).not.toContain(first);
    await expect.poll(guards, { timeout: 30_000 }).toHaveLength(1);
    parent.kill('SIGKILL');
    await untilGone([...pids, parent.pid ?? 0]);
  });
});
