/**
 * What was written once and is read for ever: `tests/golden/<file>.jsonl`, a line a shape. No test
 * writes such a file. A new shape gets a new line by hand; the test that misses it prints it.
 */
import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';

export interface Golden {
  /** The present code writes the shape as its line has it. */
  writes(shape: string, write: () => unknown): void;
  /** The present code reads the line of the shape as `value`. */
  reads<T>(shape: string, read: (stored: T) => unknown, value: unknown): void;
  /** Both. */
  keeps<T>(shape: string, write: () => unknown, read: (stored: T) => unknown, value: unknown): void;
  /** Last of a file: each of its lines is checked by a test. */
  isWhole(): void;
}

export const golden = (file: string): Golden => {
  const path = new URL(`../golden/${file}.jsonl`, import.meta.url);
  const texts = readFileSync(path, 'utf8').trimEnd().split('\n');
  const lines = texts.map((line) => JSON.parse(line) as { shape: string; stored: unknown });
  const stored = new Map(lines.map((line) => [line.shape, line.stored]));
  const checked = new Set<string>();

  const writes: Golden['writes'] = (shape, write) => {
    checked.add(shape);
    it(`${shape}: is written as ever`, async () => {
      const written = await write();
      const line = JSON.stringify({ shape, stored: written });
      expect(stored.has(shape), `${file}.jsonl lacks a line:\n${line}\n`).toBe(true);
      expect(written).toStrictEqual(stored.get(shape));
    });
  };
  const reads = <T>(shape: string, read: (stored: T) => unknown, value: unknown): void => {
    checked.add(shape);
    it(`${shape}: is read as ever`, async () => {
      expect([...stored.keys()]).toContain(shape);
      expect(await read(stored.get(shape) as T)).toStrictEqual(value);
    });
  };
  return {
    writes,
    reads,
    keeps: (shape, write, read, value) => {
      writes(shape, write);
      reads(shape, read, value);
    },
    isWhole: () => {
      it('has one line for each shape that is checked, and no other', () => {
        expect(lines.map(({ shape }) => shape).sort()).toStrictEqual([...checked].sort());
      });
    },
  };
};
