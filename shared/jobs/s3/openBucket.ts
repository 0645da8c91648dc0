/** Loads the S3 client of the SDK, in a chunk of its own in the bundle. */
import { S3Client } from '@aws-sdk/client-s3';
import { waitsForBytes } from '#shared/aws/waits.ts';
import { createBlobs } from './blobs.ts';
import { createWorkspaces } from './workspaces.ts';

/** Workspaces and blobs of a bucket: up to 3 tries, 1 s to connect, 30 s without a byte. */
export const openBucket = (bucket: string) => {
  const s3 = new S3Client({ maxAttempts: 3, requestHandler: waitsForBytes(1_000, 30_000) });
  return { workspaces: createWorkspaces({ s3, bucket }), blobs: createBlobs({ s3, bucket }) };
};
