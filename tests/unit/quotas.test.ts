/** docs/limits.md and the table of AWS's quotas in code say the same. */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { QUOTAS, quotaText } from '../bench/quotas.ts';

const [, section = ''] = readFileSync('docs/limits.md', 'utf8').split('## What AWS bounds\n');
const rows = (section.split('\n### ')[0] ?? '')
  .split('\n')
  .filter((line) => line.startsWith('| '))
  .map((line) => line.split(' | ')[0]?.replace('| ', '') ?? '')
  .filter((cell) => cell !== 'bound of AWS' && !cell.startsWith('---'));
const all = Object.values(QUOTAS);
const quotasOf = (cell: string) => all.filter((each) => cell.includes(quotaText(each)));
/** Ours, not AWS's: what the stack sets below the quota. */
const OWN = ['7'];

describe('the quotas of AWS', () => {
  it('are each in the documents, with the value that bounds and simulation go by', () => {
    const missing = all.filter((each) => !rows.some((cell) => cell.includes(quotaText(each))));
    expect(missing.map(quotaText)).toEqual([]);
  });

  it('are all that the documents name: no other number', () => {
    expect(rows.length).toBeGreaterThan(20);
    const strange = rows.flatMap((cell) => {
      const known = quotasOf(cell).map(({ value }) => value.toLocaleString('en'));
      const numbers = cell.replaceAll('S3', '').match(/\d[\d,.]*\d|\d/g) ?? [];
      const others = numbers.filter((n) => !known.includes(n) && !OWN.includes(n));
      return quotasOf(cell).length === 0 || others.length > 0 ? [cell] : [];
    });
    expect(strange).toEqual([]);
  });
});
