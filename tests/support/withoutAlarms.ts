/**
 * For a server whose CloudFormation does not know alarms on metric math: takes them out of a
 * synthesized assembly. What still refers to one makes the deployment fail.
 */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

interface Resource {
  readonly Type: string;
  readonly Properties?: Readonly<Record<string, unknown>>;
}

const isBeyondIt = ({ Type, Properties = {} }: Resource): boolean =>
  Type === 'AWS::CloudWatch::Alarm' && 'Metrics' in Properties;

/** @param dir where `cdk synth` wrote */
export const withoutAlarms = (dir: string): void => {
  const templates = readdirSync(dir).filter((name) => name.endsWith('.template.json'));
  for (const file of templates.map((name) => join(dir, name))) {
    const template = JSON.parse(readFileSync(file, 'utf8')) as {
      readonly Resources: Readonly<Record<string, Resource>>;
    };
    const kept = Object.entries(template.Resources).filter(([, resource]) => !isBeyondIt(resource));
    writeFileSync(file, JSON.stringify({ ...template, Resources: Object.fromEntries(kept) }));
  }
};
