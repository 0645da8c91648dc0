/** Most jobs never touch the bucket: its client is loaded by the first that does. */
import { deferred, kept } from '#shared/kernel/deferred.ts';
import type { Blobs } from '../ports/jobs.ts';
import type { Workspaces } from '../ports/workspaces.ts';

/** One client for both. */
export const lazyBucket = (
  bucket: string,
): { readonly workspaces: Workspaces; readonly blobs: Blobs } => {
  const open = kept(async () => {
    const { openBucket } = await import('./openBucket.ts');
    return openBucket(bucket);
  });
  return {
    workspaces: deferred(async () => (await open()).workspaces),
    blobs: deferred(async () => (await open()).blobs),
  };
};
