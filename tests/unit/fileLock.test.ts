import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { COMMAND_LOCK, ORIGINAL_LOCK, withFileLock } from '#cli/fileLock.ts';

const folder = mkdtempSync(join(tmpdir(), 'sheratan-lock-'));
const path = join(folder, 'a.lock');
afterAll(() => rmSync(folder, { recursive: true }));
beforeEach(() => rmSync(path, { force: true }));

/** The id of a process that has ended. */
const gone = (): number => spawnSync(process.execPath, ['-e', '0']).pid;
const lockOf = (pid: number, ageMs = 0): void => {
  writeFileSync(path, `pid=${pid} time=1.5\n`);
  const at = new Date(Date.now() - ageMs);
  utimesSync(path, at, at);
};
const impatient = { ...ORIGINAL_LOCK, patienceMs: 0 };
const work = () => Promise.resolve(readFileSync(path, 'utf8'));

describe('a lock that is a file', () => {
  it('names its process, and is gone after the work, also after a failure', async () => {
    expect(await withFileLock(path, COMMAND_LOCK, work)).toMatch(`pid=${process.pid} `);
    const failing = withFileLock(path, COMMAND_LOCK, () => Promise.reject(new Error('no')));
    await expect(failing).rejects.toThrow('no');
    expect(existsSync(path)).toBe(false);
  });

  it('lets one in, of many who want to', async () => {
    let inside = 0;
    const patient = { ...ORIGINAL_LOCK, patienceMs: 60_000 };
    const all = Array.from({ length: 20 }, () =>
      withFileLock(path, patient, async () => {
        inside += 1;
        expect(inside).toBe(1);
        await new Promise((resolve) => {
          setImmediate(resolve);
        });
        inside -= 1;
      }),
    );
    await Promise.all(all);
  });

  it('is refused while a process of this machine has it, and taken over when that is gone', async () => {
    lockOf(process.ppid);
    await expect(withFileLock(path, COMMAND_LOCK, work)).rejects.toThrow('kept by another');
    lockOf(gone());
    expect(await withFileLock(path, COMMAND_LOCK, work)).toMatch(`pid=${process.pid} `);
  });

  it('is the original’s as long as it is young: its process may be in a container', async () => {
    lockOf(gone());
    await expect(withFileLock(path, impatient, work)).rejects.toThrow('kept by another');
    lockOf(gone(), 61_000);
    expect(await withFileLock(path, impatient, work)).toMatch(`pid=${process.pid} `);
  });
});
