/** The bucket with a client that is loaded at the first use, because most jobs never use it. */
import { deferred, kept } from '#shared/kernel/deferred.ts';
import type { Blobs } from '../ports/jobs.ts';
import type { Workspaces } from '../ports/workspaces.ts';

/** Workspaces and blobs of one bucket, with one client for both. */
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
