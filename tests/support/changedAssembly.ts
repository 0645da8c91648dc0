/** The synthesized assembly with another template. */
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Template } from '#emulator/template/template.ts';

export interface ChangedAssembly {
  readonly dir: string;
  remove(): void;
}

export const changedAssembly = (
  dir: string,
  change: (template: Template) => Template,
): ChangedAssembly => {
  const copy = mkdtempSync(join(tmpdir(), 'sheratan-changed-'));
  cpSync(dir, copy, { recursive: true });
  for (const name of readdirSync(copy).filter((each) => each.endsWith('.template.json'))) {
    const file = join(copy, name);
    const template = JSON.parse(readFileSync(file, 'utf8')) as Template;
    writeFileSync(file, JSON.stringify(change(template)));
  }
  return { dir: copy, remove: () => rmSync(copy, { recursive: true, force: true }) };
};

/** With the policies that name them. */
const WAKERS = [
  'AWS::Lambda::EventSourceMapping',
  'AWS::Events::Rule',
  'AWS::Lambda::Permission',
  'AWS::SQS::QueuePolicy',
];

/** In which nothing wakes a function: no message is taken, no stream is read, no minute passes. */
export const stillAssembly = (dir: string): ChangedAssembly =>
  changedAssembly(dir, (template) => ({
    ...template,
    Resources: Object.fromEntries(
      Object.entries(template.Resources).filter(([, { Type }]) => !WAKERS.includes(Type)),
    ),
  }));
