/** The S3 half of the SDK; a chunk of its own in the bundle. */
import { S3Client } from '@aws-sdk/client-s3';
import { createBlobs } from './blobs.ts';
import { createWorkspaces } from './workspaces.ts';

export const openBucket = (bucket: string) => {
  const s3 = new S3Client({
    maxAttempts: 3,
    requestHandler: { connectionTimeout: 1_000, requestTimeout: 30_000 },
  });
  return { workspaces: createWorkspaces({ s3, bucket }), blobs: createBlobs({ s3, bucket }) };
};
