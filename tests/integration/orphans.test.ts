import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { resolve } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { hasJava } from '#emulator/tables/dynamoLocal.ts';
import { nativeBinary } from '#emulator/tables/nativeTables.ts';
import { TABLE_ENGINES, type TableEngine } from '#emulator/tables/tableEngine.ts';
import { childrenOf, isRunning, KNOWS_CHILDREN } from '../support/processes.ts';

/** Those that run as a process of this machine; a container of Docker's is not a child of ours. */
const ENGINES = TABLE_ENGINES.filter((engine) =>
  engine === 'native' ? nativeBinary() !== undefined : hasJava(),
);

const started: ChildProcess[] = [];
afterEach(() => {
  for (const each of started.splice(0)) each.kill('SIGKILL');
});

interface Parent {
  readonly parent: ChildProcess;
  readonly pids: readonly number[];
}

/** Of environments, one of them in a busy loop that no message from the parent reaches. */
const startParent = async (...engine: TableEngine[]): Promise<Parent> => {
  const stdio = ['ignore', 'ignore', 'ignore', 'ipc'] as const;
  const parent = fork(resolve('tests/support/parent.ts'), engine, { stdio: [...stdio] });
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

  it.each(ENGINES)('with %s for its tables', async (engine) => {
    const { parent, pids } = await startParent(engine);
    expect(pids).toHaveLength(3);
    parent.kill('SIGKILL');
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
