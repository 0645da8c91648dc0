/** Synthesizes the stages that are checked as a whole, and prints where their templates are. */
import { globSync } from 'node:fs';
import { synthesize } from '#infra/synthesis/synthesize.ts';
import { DEV, EVERYTHING, PROD } from '../support/stages.ts';

for (const context of [DEV, PROD, EVERYTHING]) {
  const dir = await synthesize({ root: process.cwd(), context });
  for (const file of globSync(`${dir}/*.template.json`)) console.log(file);
}
