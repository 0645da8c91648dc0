/** Size and import time of each function's bundle, beside an empty handler with the same SDK clients. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { loadAssembly } from '#emulator/template/template.ts';
import { bundleEntry, bundleFunction } from '#infra/bundle/bundle.ts';
import { eagerFiles } from '../support/metafile.ts';
import { line, percentile, round, title } from './stats.ts';

type Metafile = Awaited<ReturnType<typeof bundleFunction>>;

const RUNS = 15;
const EMPTY = 'empty handler, same SDK clients';

const eagerBytes = (metafile: Metafile): number =>
  eagerFiles(metafile).reduce((sum, file) => sum + (metafile.outputs[file]?.bytes ?? 0), 0);

const allBytes = ({ outputs }: Metafile): number =>
  Object.values(outputs).reduce((sum, { bytes }) => sum + bytes, 0);

interface Environment {
  readonly Variables?: Readonly<Record<string, unknown>>;
}

/** What the stack gives its functions; what is known only when it is deployed has any value. */
const envOf = (assemblyDir: string): Readonly<Record<string, string>> => {
  const variables = Object.values(loadAssembly(assemblyDir).template.Resources).flatMap(
    ({ Type, Properties }) =>
      Type === 'AWS::Lambda::Function'
        ? Object.entries((Properties?.['Environment'] as Environment | undefined)?.Variables ?? {})
        : [],
  );
  const known = variables.map(([name, value]) => [name, typeof value === 'string' ? value : 'any']);
  return { ...Object.fromEntries(known), AWS_REGION: 'us-east-1' };
};

const importMs = (file: string, env: Readonly<Record<string, string>>): number => {
  const url = JSON.stringify(pathToFileURL(file).href);
  const script = `const t = performance.now(); await import(${url}); console.log(performance.now() - t);`;
  const args = ['--input-type=module', '-e', script];
  return Number(execFileSync(process.execPath, args, { env, encoding: 'utf8' }));
};

export const benchBundles = async (assemblyDir: string) => {
  title('Bundles');
  const env = envOf(assemblyDir);
  const dir = mkdtempSync(join(tmpdir(), 'sheratan-bundles-'));
  try {
    const bundles = [
      { name: 'worker', metafile: await bundleFunction('worker', dir), ms: [] as number[] },
      {
        name: EMPTY,
        metafile: await bundleEntry('tests/bench/emptyHandler.ts', join(dir, EMPTY)),
        ms: [] as number[],
      },
    ];
    // Interleaved, so that a slow moment of the machine meets all of them.
    for (let run = 0; run < RUNS; run += 1)
      for (const { name, ms } of bundles) ms.push(importMs(join(dir, name, 'index.mjs'), env));
    return bundles.map(({ name, metafile, ms }) => {
      const [eager, all] = [eagerBytes(metafile), allBytes(metafile)];
      const [median, min] = [round(percentile(ms, 0.5)), round(Math.min(...ms))];
      const sizes = `${round(eager / 1_000, 0)} KB at import, ${round(all / 1_000, 0)} KB in all`;
      line(name, `${sizes}, import ${median} ms (min ${min} ms)`);
      return { name, eagerBytes: eager, allBytes: all, importMs: { median, min, n: RUNS } };
    });
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
};
