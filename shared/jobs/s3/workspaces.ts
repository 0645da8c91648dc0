/** The port Workspaces on S3: a directory is a key prefix. */
import {
  GetObjectCommand,
  ListObjectsV2Command,
  NoSuchKey,
  PutObjectCommand,
  type S3Client,
} from '@aws-sdk/client-s3';
import { WORKSPACE_PREFIX } from '#shared/contracts/bucket.ts';
import type { WorkspaceFile, Workspaces } from '../ports/workspaces.ts';

/** The client and the bucket of an adapter. */
export interface BucketOptions {
  readonly s3: S3Client;
  readonly bucket: string;
}

const PAGE = 1_000;

const prefixOf = (workspace: string, directory: string): string =>
  `${WORKSPACE_PREFIX}${workspace}/${directory === '' ? '' : `${directory}/`}`;

const totalBytes = (contentRange: string | undefined, fallback: number): number =>
  Number(contentRange?.split('/')[1] ?? fallback);

/** S3 refuses every range of an empty object, because the object has no first byte. */
const isEmptyRange = (error: unknown): boolean =>
  error instanceof Error && error.name === 'InvalidRange';

/** Decodes UTF-8. With `cut`, half a character at the end is dropped, not replaced. */
const decode = (bytes: Uint8Array, cut: boolean): string =>
  new TextDecoder('utf-8').decode(bytes, { stream: cut });

type ListOptions = Parameters<Workspaces['list']>[2];

const listPage = async (
  { s3, bucket }: BucketOptions,
  prefix: string,
  { recursive, limit, signal }: ListOptions,
  token: string | undefined,
) => {
  const page = await s3.send(
    new ListObjectsV2Command({
      Bucket: bucket,
      Prefix: prefix,
      MaxKeys: Math.min(PAGE, limit + 1),
      ...(recursive ? {} : { Delimiter: '/' }),
      ...(token && { ContinuationToken: token }),
    }),
    { ...(signal && { abortSignal: signal }) },
  );
  // The S3 console makes keys that end in "/" as directories; they are no files.
  const contents = (page.Contents ?? []).filter(({ Key = '' }) => !Key.endsWith('/'));
  return { contents, next: page.NextContinuationToken };
};

/** Workspaces of one bucket. */
export const createWorkspaces = ({ s3, bucket }: BucketOptions): Workspaces => ({
  list: async (workspace, directory, options) => {
    const prefix = prefixOf(workspace, directory);
    const root = prefixOf(workspace, '').length;
    const files: WorkspaceFile[] = [];
    let token: string | undefined;
    do {
      const { contents, next } = await listPage({ s3, bucket }, prefix, options, token);
      files.push(
        ...contents.map(({ Key = '', Size = 0 }) => ({ path: Key.slice(root), bytes: Size })),
      );
      token = next;
    } while (token && files.length <= options.limit);
    const truncated = files.length > options.limit || token !== undefined;
    return { files: files.slice(0, options.limit), truncated };
  },

  read: async (workspace, path, { limitBytes, signal }) => {
    try {
      const answer = await s3.send(
        new GetObjectCommand({
          Bucket: bucket,
          Key: `${prefixOf(workspace, '')}${path}`,
          Range: `bytes=0-${limitBytes - 1}`,
        }),
        { ...(signal && { abortSignal: signal }) },
      );
      const body = (await answer.Body?.transformToByteArray()) ?? new Uint8Array();
      const bytes = totalBytes(answer.ContentRange, body.length);
      const truncated = bytes > body.length;
      return { text: decode(body, truncated), bytes, truncated };
    } catch (error) {
      if (error instanceof NoSuchKey) return undefined;
      if (isEmptyRange(error)) return { text: '', bytes: 0, truncated: false };
      throw error;
    }
  },

  write: async (workspace, path, content, { signal }) => {
    const Key = `${prefixOf(workspace, '')}${path}`;
    const Body = Buffer.from(content);
    // Without ContentLength, the SDK takes an empty body for a stream of unknown length.
    const ContentLength = Body.byteLength;
    await s3.send(new PutObjectCommand({ Bucket: bucket, Key, Body, ContentLength }), {
      ...(signal && { abortSignal: signal }),
    });
  },
});
