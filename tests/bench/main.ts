/**
 * `npm run bench [-- PART...] [JOBS]`: prints the figures of the parts, all by default, and keeps
 * them as JSON in bench-results/.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { join } from 'node:path';
import { synthesize } from '#infra/synthesis/synthesize.ts';
import { benchBundles } from './bundles.ts';
import { benchChoosing } from './choosing.ts';
import { benchConsole } from './consolePage.ts';
import { benchCosts, UNITS } from './costs.ts';
import { benchFeatures } from './features.ts';
import { benchLedger } from './ledger.ts';
import { benchLedgerSizes } from './ledgerSizes.ts';
import { benchMesh } from './mesh.ts';
import { benchNeighbours } from './neighbours.ts';
import { benchPeer, benchPrice } from './price.ts';
import { benchProber } from './prober.ts';
import { benchShards } from './shards.ts';
import { benchShortWay } from './shortWay.ts';
import { benchSimulation } from './simulation.ts';
import { benchSlots } from './slots.ts';
import { benchSteps } from './steps.ts';
import { benchVerdicts } from './verdicts.ts';

const JOBS_DEFAULT = 20_000;

/** The stack, from what was synthesized before where nothing has changed. */
const assembly = (): Promise<string> =>
  synthesize({ root: process.cwd(), context: ['monitoring=full'] });

const PARTS: Readonly<Record<string, (jobs: number) => unknown>> = {
  bundles: async () => benchBundles(await assembly()),
  price: () => benchPrice(),
  shortWay: () => benchShortWay(),
  features: () => benchFeatures(),
  peer: () => benchPeer(),
  costs: () => benchCosts(),
  ledger: () => benchLedger(),
  ledgerSizes: () => benchLedgerSizes(),
  prober: () => benchProber(),
  choosing: () => benchChoosing(),
  verdicts: () => benchVerdicts(),
  shards: () => benchShards(),
  slots: () => benchSlots(),
  steps: () => benchSteps(),
  simulation: () => benchSimulation(UNITS),
  console: () => benchConsole(),
  mesh: async (jobs) => benchMesh(await assembly(), jobs),
  // A quarter: so many in each round, of which there are several, on the slowest engine, too.
  neighbours: async (jobs) => benchNeighbours(await assembly(), Math.ceil(jobs / 4)),
};

const words = process.argv.slice(2);
const isPart = (word: string): boolean => Object.hasOwn(PARTS, word);
const chosen = words.filter(isPart);
const [count = String(JOBS_DEFAULT), ...rest] = words.filter((word) => !isPart(word));
const jobs = Number(count);
if (!Number.isInteger(jobs) || jobs < 4 || rest.length > 0)
  throw new RangeError(
    `usage: npm run bench [-- PART...] [JOBS], JOBS 4 or more; parts: ${Object.keys(PARTS).join(', ')}`,
  );

const results: Record<string, unknown> = {
  at: new Date().toISOString(),
  machine: { node: process.version, cpus: cpus().length, model: cpus()[0]?.model },
};
for (const [name, run] of Object.entries(PARTS))
  if (chosen.length === 0 || chosen.includes(name)) results[name] = await run(jobs);
mkdirSync('bench-results', { recursive: true });
const file = join('bench-results', `${String(results['at']).replaceAll(':', '-')}.json`);
writeFileSync(file, `${JSON.stringify(results, null, 2)}\n`);
console.log(`\n${file}`);
