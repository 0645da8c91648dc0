/**
 * `npm run keep:release`: keeps the functions of this release for the tests of the next one, which
 * runs them beside its own. To be run once a version is published, in its clean checkout.
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { brotliCompressSync, constants } from 'node:zlib';
import { bundleFunction } from '#infra/bundle/bundle.ts';
import { FUNCTIONS } from '#shared/contracts/functions.ts';

const FILE = 'tests/fixtures/release/functions.json.br';

/** Large enough for one window over all functions: they share most of their code. */
const WINDOW_BITS = 24;

const dir = mkdtempSync(join(tmpdir(), 'sheratan-release-'));
const functions: Record<string, Record<string, string>> = {};
for (const name of FUNCTIONS) {
  await bundleFunction(name, dir);
  const root = join(dir, name);
  functions[name] = Object.fromEntries(
    readdirSync(root)
      .filter((file) => file.endsWith('.mjs'))
      .map((file) => [file, readFileSync(join(root, file), 'utf8')]),
  );
}
rmSync(dir, { recursive: true });
const commit = execFileSync('git', ['rev-parse', 'HEAD'], { encoding: 'utf8' }).trim();
const packed = brotliCompressSync(JSON.stringify({ commit, functions }), {
  params: {
    [constants.BROTLI_PARAM_QUALITY]: constants.BROTLI_MAX_QUALITY,
    [constants.BROTLI_PARAM_LGWIN]: WINDOW_BITS,
  },
});
writeFileSync(FILE, packed);
process.stdout.write(`${FILE}: ${packed.length} bytes, ${commit}\n`);
