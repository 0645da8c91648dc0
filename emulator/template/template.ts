/** Loads what `cdk synth` wrote: one template and the folders of its assets. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { LocalCloudError } from '../errors.ts';

export interface Resource {
  readonly Type: string;
  readonly Properties?: Readonly<Record<string, unknown>>;
}

export interface Template {
  readonly Resources: Readonly<Record<string, Resource>>;
  readonly Outputs?: Readonly<Record<string, { readonly Value: unknown }>>;
}

export interface Assembly {
  readonly stackName: string;
  readonly template: Template;
  /**
   * The folder of a function's `Code.S3Key`.
   *
   * @throws LocalCloudError `ASSET_MISSING`
   */
  assetDir(key: string): string;
}

const SUFFIX = '.template.json';

const stackIn = (dir: string): string => {
  const stacks = existsSync(dir) ? readdirSync(dir).filter((name) => name.endsWith(SUFFIX)) : [];
  const [only] = stacks;
  if (only !== undefined && stacks.length === 1) return only.slice(0, -SUFFIX.length);
  const found = stacks.length === 0 ? 'none' : stacks.join(', ');
  throw new LocalCloudError(
    'ASSEMBLY_MISSING',
    `${dir}: expected one synthesized template, found ${found}; run "npm run synth" or name the stack`,
  );
};

/**
 * Reads a template.
 *
 * @param stackName default: the only stack of the folder
 * @throws LocalCloudError `ASSEMBLY_MISSING` when there is no such template, or more than one and
 *   no name
 */
export const loadAssembly = (dir: string, stackName = stackIn(dir)): Assembly => {
  const file = join(dir, `${stackName}${SUFFIX}`);
  if (!existsSync(file))
    throw new LocalCloudError('ASSEMBLY_MISSING', `${file} does not exist; run "npm run synth"`);
  return {
    stackName,
    template: JSON.parse(readFileSync(file, 'utf8')) as Template,
    assetDir: (key) => {
      const path = join(dir, `asset.${key.replace(/\.zip$/, '')}`);
      if (existsSync(path)) return path;
      throw new LocalCloudError(
        'ASSET_MISSING',
        `${path}: the template names it, the assembly lacks it`,
      );
    },
  };
};
