/** The port Blobs on S3. */
import { GetObjectCommand, NoSuchKey, PutObjectCommand } from '@aws-sdk/client-s3';
import type { Blobs } from '../ports/jobs.ts';
import type { BucketOptions } from './workspaces.ts';

/** Blobs of one bucket; `get` is undefined for a key that does not exist. */
export const createBlobs = ({ s3, bucket }: BucketOptions): Blobs => ({
  put: async (key, body) => {
    await s3.send(new PutObjectCommand({ Bucket: bucket, Key: key, Body: body }));
  },
  get: async (key) => {
    try {
      const { Body } = await s3.send(new GetObjectCommand({ Bucket: bucket, Key: key }));
      return await Body?.transformToString();
    } catch (error) {
      if (error instanceof NoSuchKey) return undefined;
      throw error;
    }
  },
});
