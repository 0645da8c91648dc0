/**
 * Templates in this process, for what is asked of a template alone: a second each in place of five,
 * since nothing is bundled. The functions' code is an empty file.
 */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { App } from 'aws-cdk-lib';
import { loadConfig } from '#infra/config.ts';
import { SheratanStack } from '#infra/stack.ts';
import { FUNCTIONS, OPTIONAL_FUNCTIONS } from '#shared/contracts/functions.ts';

const folder = mkdtempSync(join(tmpdir(), 'sheratan-described-'));
process.once('exit', () => rmSync(folder, { recursive: true, force: true }));

const emptyBundles = (): string => {
  const bundles = join(folder, 'bundles');
  for (const name of [...FUNCTIONS, ...OPTIONAL_FUNCTIONS]) {
    mkdirSync(join(bundles, name), { recursive: true });
    writeFileSync(join(bundles, name, 'index.mjs'), '');
  }
  return bundles;
};

const CDK_JSON = JSON.parse(readFileSync('cdk.json', 'utf8')) as {
  readonly context: Readonly<Record<string, unknown>>;
};

/**
 * Describes the stack of one stage, without the security checks.
 *
 * @param settings on top of those of cdk.json
 * @returns the folder of the assembly
 */
export const described = (settings: Readonly<Record<string, string>> = {}): string => {
  const outdir = mkdtempSync(join(folder, 'assembly-'));
  const app = new App({
    outdir,
    context: { ...CDK_JSON.context, ...settings },
    // The templates of `writeTemplates.ts` are checked by the CDK's own rules.
    builtinCloudFormationValidation: false,
  });
  const config = loadConfig((key) => app.node.tryGetContext(key));
  new SheratanStack(app, `Sheratan-${config.stage}`, { config, bundles: emptyBundles() });
  app.synth();
  return outdir;
};
