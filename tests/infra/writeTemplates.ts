/**
 * Synthesizes the stages that are checked as a whole. Prints where their templates are, and the region
 * for which one is checked when that is not every region.
 */
import { globSync } from 'node:fs';
import { synthesize } from '#infra/synthesis/synthesize.ts';
import { DEV, EVERYTHING, EVERYWHERE, PROD, URLS } from '../support/stages.ts';

const CHECKED = [
  { context: DEV, region: '' },
  { context: PROD, region: '' },
  { context: EVERYWHERE, region: '' },
  { context: [...DEV, ...URLS], region: 'us-east-1' },
  { context: EVERYTHING, region: 'us-east-1' },
];

for (const { context, region } of CHECKED) {
  const dir = await synthesize({ root: process.cwd(), context });
  for (const file of globSync(`${dir}/*.template.json`)) console.log(`${file} ${region}`.trim());
}
