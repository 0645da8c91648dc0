/** Paths in a workspace: relative, "/"-separated, and unable to leave it. */
import { byteLength } from '#shared/kernel/json.ts';
import { PermanentError } from './errors.ts';

const BYTES_MAX = 512;

/** Where the original's jobs thought their files were; the workspace's root takes their place. */
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
 * The path as the bucket knows it; "" is the root.
 * @throws PermanentError PATH_OUTSIDE_WORKSPACE or PATH_INVALID
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

/** A path that names a file, so not the root. */
export const filePath = (given: string): string => {
  const path = workspacePath(given);
  return path === '' ? invalid(given, 'names no file') : path;
};
