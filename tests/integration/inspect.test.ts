import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { createFunction, type LocalFunction } from '#emulator/lambda/functions.ts';
import { freePort } from '../support/examples.ts';

const codeOf = (mark: string): string =>
  `export const handler = async (n) => { if (n === 0) { debugger; } return '${mark} ' + n; };`;
const PATIENCE = { timeout: 30_000 };

let dir: string;
let port: number;
let fn: LocalFunction;

beforeEach(async () => {
  dir = mkdtempSync(join(tmpdir(), 'sheratan-inspect-'));
  port = await freePort();
  writeFileSync(join(dir, 'index.mjs'), codeOf('old'));
  const spec = {
    functionId: 'Worker',
    functionArn: 'arn:aws:lambda:us-east-1:0:function:worker',
    file: join(dir, 'index.mjs'),
    exportName: 'handler',
    // Shorter than a person looks at anything.
    timeoutMs: 200,
    memoryMb: 128,
    env: {},
    inspectPort: port,
  };
  fn = createFunction(spec, () => undefined);
  fn.warm();
});
afterEach(async () => {
  await fn.stop();
  rmSync(dir, { recursive: true, force: true });
});

const targetAt = async (): Promise<string> => {
  const answer = await fetch(`http://127.0.0.1:${port}/json/list`);
  const [target] = (await answer.json()) as { readonly webSocketDebuggerUrl: string }[];
  return target?.webSocketDebuggerUrl ?? '';
};

/** A debugger, as an editor is one. */
const attach = async () => {
  await expect.poll(() => targetAt().catch(() => ''), PATIENCE).toMatch(/^ws:/);
  const socket = new WebSocket(await targetAt());
  await new Promise((resolve) => socket.addEventListener('open', resolve, { once: true }));
  const seen: string[] = [];
  const answered = new Map<number, () => void>();
  socket.addEventListener('message', ({ data }) => {
    const { id = 0, method } = JSON.parse(String(data)) as {
      readonly id?: number;
      readonly method?: string;
    };
    if (method !== undefined) seen.push(method);
    answered.get(id)?.();
  });
  /** Resolves when the process has done it. */
  const ask = (method: string): Promise<void> =>
    new Promise((resolve) => {
      const id = answered.size + 1;
      answered.set(id, resolve);
      socket.send(JSON.stringify({ id, method }));
    });
  // A line that runs before this stops nobody.
  await ask('Debugger.enable');
  return { ask, seen, close: () => socket.close() };
};

it('a debugger stops the worker at a line, for longer than its timeout', async () => {
  const debug = await attach();
  const began = performance.now();
  const result = fn.invoke(0);
  await expect.poll(() => debug.seen, PATIENCE).toContain('Debugger.paused');
  await expect.poll(() => performance.now() - began, PATIENCE).toBeGreaterThan(500);
  await debug.ask('Debugger.resume');
  expect(await result).toEqual({ ok: true, value: 'old 0' });
  debug.close();
});

it('invocations come one after another in one process, and new code takes the port over', async () => {
  const results = await Promise.all([1, 2, 3].map((n) => fn.invoke(n)));
  expect(results).toEqual([1, 2, 3].map((n) => ({ ok: true, value: `old ${n}` })));
  expect(fn.environments()).toHaveLength(1);
  const next = mkdtempSync(join(dir, 'next-'));
  writeFileSync(join(next, 'index.mjs'), codeOf('new'));
  fn.replaceCode(next);
  expect(await fn.invoke(4)).toEqual({ ok: true, value: 'new 4' });
  expect(fn.environments()).toHaveLength(1);
  const debug = await attach();
  debug.close();
});
