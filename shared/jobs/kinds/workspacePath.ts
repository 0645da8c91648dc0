/** Paths in a workspace: relative, with "/" between segments. A path cannot leave its workspace. */
import { byteLength } from '#shared/kernel/json.ts';
import { PermanentError } from './errors.ts';

const BYTES_MAX = 512;

/** Directories of files in the original system; each of them means the workspace's root. */
const LEGACY_ROOTS = ['/workspace/project/', '/workspace/', '/app/'];

const withoutLegacyRoot = (path: string): string => {
  const root = LEGACY_ROOTS.find((prefix) => `${path}/`.startsWith(prefix));
  return root === undefined ? path : path.slice(root.length);
};

const invalid = (path: string, why: string): never => {
  throw new PermanentError(`path ${JSON.stringify(path.slice(0, 200))}: ${why}`, {
    code: 'PATH_INVALID',
  });
};

const outside = (path: string): never => {
  const shown = JSON.stringify(path.slice(0, 200));
  throw new PermanentError(`path ${shown} leaves its workspace`, {
    code: 'PATH_OUTSIDE_WORKSPACE',
  });
};

/**
 * The path below the workspace's root; "" is the root.
 * @throws PermanentError PATH_OUTSIDE_WORKSPACE, PATH_INVALID
 */
export const workspacePath = (given: string): string => {
  if (byteLength(given) > BYTES_MAX) invalid(given, `longer than ${BYTES_MAX} bytes`);
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what it refuses
  if (/[\u0000-\u001f\u007f\\]/.test(given))
    invalid(given, 'control characters and "\\" are not allowed');
  const path = withoutLegacyRoot(given);
  if (path.startsWith('/') || /^[a-z]:/i.test(path)) outside(given);
  const segments = path.split('/').filter((segment) => segment !== '' && segment !== '.');
  if (segments.includes('..')) outside(given);
  return segments.join('/');
};

/**
 * The path of a file.
 * @throws PermanentError PATH_OUTSIDE_WORKSPACE, PATH_INVALID also for the root
 */
export const filePath = (given: string): string => {
  const path = workspacePath(given);
  return path === '' ? invalid(given, 'names no file') : path;
};
