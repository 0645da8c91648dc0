/** Reads the list of a deployment's kinds from where the deployment says that it is. */
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import type { KindInfo, KindsFile } from '#shared/contracts/kindsFile.ts';
import { type Access, ofBucket } from './access.ts';

const fromS3 = async ({ host, pathname }: URL, access: Access): Promise<string> => {
  const { GetObjectCommand, S3Client } = await import('@aws-sdk/client-s3');
  const s3 = new S3Client(ofBucket(access));
  try {
    const object = { Bucket: host, Key: decodeURIComponent(pathname.slice(1)) };
    const { Body } = await s3.send(new GetObjectCommand(object));
    return (await Body?.transformToString()) ?? '';
  } finally {
    s3.destroy();
  }
};

/**
 * The kinds of a deployment.
 *
 * @param place where its outputs say that the list is: `s3://bucket/key`, or `file:///path`
 * @returns undefined when the list cannot be read: the mesh judges in its place
 */
export const readKindsFile = async (
  place: string,
  access: Access,
): Promise<readonly KindInfo[] | undefined> => {
  try {
    const url = new URL(place);
    const text =
      url.protocol === 'file:'
        ? await readFile(fileURLToPath(url), 'utf8')
        : await fromS3(url, access);
    const { version, kinds } = JSON.parse(text) as KindsFile;
    return version === 1 ? kinds : undefined;
  } catch {
    return undefined;
  }
};
