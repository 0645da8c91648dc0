/** The functions of the release before, as `npm run keep:release` kept them. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { brotliDecompressSync } from 'node:zlib';

const FILE = 'tests/fixtures/release/functions.json.br';

interface Kept {
  readonly commit: string;
  readonly functions: Readonly<Record<string, Readonly<Record<string, string>>>>;
}

export interface UnpackedRelease {
  /** A folder with the code of each function. */
  readonly roots: Readonly<Record<string, string>>;
  remove(): void;
}

export const unpackRelease = (): UnpackedRelease => {
  const { functions } = JSON.parse(brotliDecompressSync(readFileSync(FILE)).toString()) as Kept;
  const dir = mkdtempSync(join(tmpdir(), 'sheratan-release-'));
  const roots = Object.entries(functions).map(([name, files]) => {
    const root = join(dir, name);
    mkdirSync(root);
    for (const [file, text] of Object.entries(files)) writeFileSync(join(root, file), text);
    return [name, root] as const;
  });
  return {
    roots: Object.fromEntries(roots),
    remove: () => rmSync(dir, { recursive: true, force: true }),
  };
};
