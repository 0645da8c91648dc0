/**
 * Tells whether the build of the command is of the sources as they are: by content, since copies
 * and checkouts change times. JavaScript, like the launcher: it must cost no time.
 */
import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** What the build leaves beside the command. */
export const ACCOUNT = 'dist/cli/inputs.json';

/**
 * @param {string} root
 * @param {readonly string[]} files paths in `root`
 */
export const digestOf = (root, files) => {
  const hash = createHash('sha256');
  for (const file of files) {
    const path = join(root, file);
    const content = existsSync(path) ? readFileSync(path) : undefined;
    hash.update(`${file}\0${content?.length ?? 'none'}\0`);
    if (content) hash.update(content);
  }
  return hash.digest('hex');
};

/**
 * @param {string} root
 * @returns {boolean} also true where there are no sources, as in a package: the build is all there is
 */
export const isBuilt = (root) => {
  if (!existsSync(join(root, 'cli/main.ts'))) return true;
  try {
    const { files, digest } = JSON.parse(readFileSync(join(root, ACCOUNT), 'utf8'));
    return digestOf(root, files) === digest;
  } catch {
    // Not there, or cut off: the sources are right in any case.
    return false;
  }
};
