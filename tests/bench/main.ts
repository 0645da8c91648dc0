/** `npm run bench [-- JOBS]`: prints every figure and keeps them as JSON in bench-results/. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { dirname, join } from 'node:path';
import { benchBundles } from './bundles.ts';
import { benchChoosing } from './choosing.ts';
import { benchFeatures } from './features.ts';
import { benchLedger } from './ledger.ts';
import { benchLedgerSizes } from './ledgerSizes.ts';
import { benchMesh } from './mesh.ts';
import { benchPeer, benchPrice } from './price.ts';
import { benchProber } from './prober.ts';
import { benchShards } from './shards.ts';
import { benchVerdicts } from './verdicts.ts';
import { benchWatching } from './watching.ts';

const JOBS_DEFAULT = 20_000;

const jobs = Number(process.argv[2] ?? JOBS_DEFAULT);
if (!Number.isInteger(jobs) || jobs < 4) throw new RangeError('usage: npm run bench -- JOBS');

const assemblyDir = join('bench-results', 'assembly');
const env = { ...process.env, PATH: `${dirname(process.execPath)}:${process.env['PATH'] ?? ''}` };
const synth = ['node_modules/aws-cdk/bin/cdk', 'synth', '--quiet', '--output', assemblyDir];
execFileSync(process.execPath, synth, { env, stdio: 'inherit' });

const results = {
  at: new Date().toISOString(),
  machine: { node: process.version, cpus: cpus().length, model: cpus()[0]?.model },
  bundles: await benchBundles(assemblyDir),
  price: await benchPrice(),
  features: await benchFeatures(),
  peer: await benchPeer(),
  watching: benchWatching(),
  ledger: await benchLedger(),
  ledgerSizes: await benchLedgerSizes(),
  prober: await benchProber(),
  choosing: await benchChoosing(),
  verdicts: benchVerdicts(),
  shards: await benchShards(),
  mesh: await benchMesh(assemblyDir, jobs),
};
mkdirSync('bench-results', { recursive: true });
const file = join('bench-results', `${results.at.replaceAll(':', '-')}.json`);
writeFileSync(file, `${JSON.stringify(results, null, 2)}\n`);
console.log(`\n${file}`);
