import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { writeReference } from '../../scripts/reference.ts';

const folder = mkdtempSync(join(tmpdir(), 'sheratan-reference-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** The pages of a reference by their paths in it. */
const pagesIn = (root: string): Readonly<Record<string, string>> =>
  Object.fromEntries(
    readdirSync(root, { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.md'))
      .sort()
      .map((name) => [name, readFileSync(join(root, name), 'utf8')]),
  );

describe('docs/reference', () => {
  it('lacks no comment of an export or a member', () => {
    expect(writeReference(folder)).toEqual([]);
  });

  it('is current: npm run reference', () => {
    expect(pagesIn('docs/reference')).toEqual(pagesIn(folder));
  });
});
