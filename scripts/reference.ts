/**
 * `npm run reference`: writes docs/reference from the doc comments of what the package exports, by
 * TypeDoc. Says which comments are missing, and fails when one is.
 */
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { stripVTControlCharacters } from 'node:util';

const ROOT = fileURLToPath(new URL('../', import.meta.url));
const SETTINGS = join(ROOT, 'typedoc/typedoc.json');

const entryPoints = (): readonly string[] => {
  const { exports } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as {
    readonly exports: Readonly<Record<string, string>>;
  };
  return Object.values(exports)
    .filter((path) => path.endsWith('.ts'))
    .map((path) => join(ROOT, path));
};

/**
 * Warnings that ask for nothing. A field of an inferred type has no comment of its own where it is
 * shown, or has the comments of both types that it is inferred from. The name of an error is the
 * name of its class. The last line counts the warnings.
 */
const EXEMPT = [
  /\.__type\./,
  /has multiple declarations with a comment/,
  /^\[warning\] \S+\.name \(Property\)/,
  /^\[warning\] Found \d+ errors and \d+ warnings$/,
];

const isExempt = (warning: string): boolean => EXEMPT.some((pattern) => pattern.test(warning));

/**
 * Writes the reference into a folder, which is emptied first.
 *
 * @returns what TypeDoc warns of, such as an export or a member without a doc comment
 * @throws Error with TypeDoc's own message when it fails
 */
export const writeReference = (folder: string): readonly string[] => {
  const typedoc = createRequire(SETTINGS).resolve('typedoc');
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [
      join(dirname(typedoc), '../bin/typedoc'),
      ...['--options', SETTINGS, '--out', folder, '--logLevel', 'Warn'],
      ...entryPoints().flatMap((path) => ['--entryPoints', path]),
    ],
    { cwd: ROOT, encoding: 'utf8' },
  );
  if (status !== 0) throw new Error(`TypeDoc failed:\n${stdout}${stderr}`);
  const warnings = stripVTControlCharacters(stderr).match(/^\[warning\] .*$/gm) ?? [];
  return warnings.filter((line) => !isExempt(line));
};

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const missing = writeReference(join(ROOT, 'docs/reference'));
  for (const warning of missing) process.stderr.write(`${warning}\n`);
  if (missing.length > 0) process.exitCode = 1;
}
