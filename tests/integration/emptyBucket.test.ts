import {
  HeadBucketCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import { type FauxqsServer, startFauxqs } from 'fauxqs';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { emptyBucket } from '../../scripts/emptyBucket.ts';

let server: FauxqsServer;
let s3: S3Client;

beforeAll(async () => {
  server = await startFauxqs({ port: 0, logger: false });
  for (const name of ['data', 'other']) server.createBucket(name);
  s3 = new S3Client({
    region: 'us-east-1',
    endpoint: `http://127.0.0.1:${server.port}`,
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
    forcePathStyle: true,
  });
});
afterAll(async () => {
  s3.destroy();
  await server.stop();
});

const put = (Bucket: string, Key: string) =>
  s3.send(new PutObjectCommand({ Bucket, Key, Body: 'x' }));
const count = async (Bucket: string) =>
  (await s3.send(new ListObjectsV2Command({ Bucket }))).KeyCount;

it('leaves nothing in the bucket, however many pages there are, and no other one touched', async () => {
  const keys = Array.from({ length: 23 }, (_, n) => `workspaces/w/${n} ä&<.txt`);
  await Promise.all(keys.map((key) => put('data', key)));
  await put('other', 'kept');
  expect(await emptyBucket(s3, 'data', 10)).toBe(23);
  expect([await count('data'), await count('other')]).toEqual([0, 1]);
  await s3.send(new HeadBucketCommand({ Bucket: 'data' }));
  expect(await emptyBucket(s3, 'data')).toBe(0);
});

it('names a bucket that is not there', async () => {
  await expect(emptyBucket(s3, 'nowhere')).rejects.toThrow();
});
