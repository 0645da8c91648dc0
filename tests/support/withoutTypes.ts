/**
 * For a server whose CloudFormation does not know every type of the template: takes the resources of
 * those types out of a synthesized assembly. What still refers to one of them makes the deployment fail.
 */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

interface Template {
  readonly Resources: Readonly<Record<string, { readonly Type: string }>>;
}

/** @param dir where `cdk synth` wrote */
export const withoutTypes = (dir: string, types: readonly string[]): void => {
  const templates = readdirSync(dir).filter((name) => name.endsWith('.template.json'));
  for (const file of templates.map((name) => join(dir, name))) {
    const template = JSON.parse(readFileSync(file, 'utf8')) as Template;
    const kept = Object.entries(template.Resources).filter(([, { Type }]) => !types.includes(Type));
    writeFileSync(file, JSON.stringify({ ...template, Resources: Object.fromEntries(kept) }));
  }
};
