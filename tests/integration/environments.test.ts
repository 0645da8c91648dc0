import { afterEach, describe, expect, it } from 'vitest';
import { createFunction, type LocalFunction } from '#emulator/lambda/functions.ts';
import { DYING } from '../support/functions.ts';
import { isRunning } from '../support/processes.ts';

const started: LocalFunction[] = [];
afterEach(async () => {
  await Promise.all(started.splice(0).map((each) => each.stop()));
});

const start = (over: object = {}): LocalFunction => {
  const fn = createFunction({ ...DYING, ...over }, () => undefined);
  started.push(fn);
  return fn;
};

/** The process that answers. */
const answer = async (fn: LocalFunction): Promise<unknown> => {
  const result = await fn.invoke({});
  return result.ok ? result.value : result.error;
};

describe('an environment that dies is replaced', () => {
  it.each([
    ['SIGKILL', 'kill'],
    ['SIGABRT', 'abort'],
    ['SIGABRT', 'heap'],
    ['exit code 0', 'exit'],
  ])('by %s, when its handler asks for %s', async (how, ask) => {
    const fn = start();
    const before = await answer(fn);
    expect(await fn.invoke({ ask })).toMatchObject({
      ok: false,
      error: { errorType: 'Runtime.ExitError', errorMessage: expect.stringContaining(how) },
    });
    const after = await answer(fn);
    expect(after).toEqual(expect.any(Number));
    expect(after).not.toBe(before);
    expect(await answer(fn)).toBe(after);
  });

  it('by a signal from outside, at work', async () => {
    const fn = start();
    const before = Number(await answer(fn));
    const waiting = fn.invoke({ ask: 'wait' });
    await expect.poll(() => fn.environments()[0]?.state).toBe('busy');
    process.kill(before, 'SIGKILL');
    expect((await waiting).ok).toBe(false);
    expect(await answer(fn)).not.toBe(before);
    expect(await answer(fn)).toEqual(expect.any(Number));
  });

  it('by a signal from outside, while it waits for work', async () => {
    const fn = start();
    const before = Number(await answer(fn));
    process.kill(before, 'SIGKILL');
    await expect.poll(() => isRunning(before)).toBe(false);
    await expect.poll(() => fn.environments()).toEqual([]);
    expect(await answer(fn)).toEqual(expect.any(Number));
  });

  it('by its time limit, though it never gives way to it', async () => {
    const fn = start({ timeoutMs: 300 });
    const before = Number(await answer(fn));
    expect(await fn.invoke({ ask: 'spin' })).toMatchObject({
      ok: false,
      error: { errorMessage: 'timed out after 0.3 s' },
    });
    const other = start();
    expect(await answer(other)).toEqual(expect.any(Number));
    await expect.poll(() => isRunning(before)).toBe(false);
  });

  it('before it was ready for its first event', async () => {
    const fn = start();
    fn.warm();
    fn.environments()[0]?.kill();
    expect(await answer(fn)).toEqual(expect.any(Number));
  });
});
