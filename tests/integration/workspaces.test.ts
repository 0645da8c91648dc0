import { S3Client } from '@aws-sdk/client-s3';
import { type FauxqsServer, startFauxqs } from 'fauxqs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Workspaces } from '#shared/jobs/ports/workspaces.ts';
import { createWorkspaces } from '#shared/jobs/s3/workspaces.ts';

let server: FauxqsServer;
let s3: S3Client;
let workspaces: Workspaces;

beforeAll(async () => {
  server = await startFauxqs({ port: 0, logger: false });
  server.createBucket('data');
  s3 = new S3Client({
    region: 'us-east-1',
    endpoint: `http://127.0.0.1:${server.port}`,
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
    forcePathStyle: true,
  });
  workspaces = createWorkspaces({ s3, bucket: 'data' });
  const files = ['a.txt', 'dir/b.txt', 'dir/sub/c.txt', 'dirt.txt'];
  for (const path of files) await workspaces.write('one', path, `content of ${path}`, {});
  await workspaces.write('other', 'a.txt', 'of the other', {});
});
afterAll(async () => {
  s3.destroy();
  await server.stop();
});

const paths = async (directory: string, recursive: boolean) =>
  (await workspaces.list('one', directory, { recursive, limit: 100 })).files.map(
    ({ path }) => path,
  );

describe('workspaces', () => {
  it('list a directory, flat or deep, and nothing of a neighbour', async () => {
    expect(await paths('', true)).toEqual(['a.txt', 'dir/b.txt', 'dir/sub/c.txt', 'dirt.txt']);
    expect(await paths('', false)).toEqual(['a.txt', 'dirt.txt']);
    expect(await paths('dir', true)).toEqual(['dir/b.txt', 'dir/sub/c.txt']);
    expect(await paths('dir', false)).toEqual(['dir/b.txt']);
    expect(await paths('nowhere', true)).toEqual([]);
  });

  it('say when there is more than was asked for', async () => {
    const some = await workspaces.list('one', '', { recursive: true, limit: 2 });
    expect(some).toMatchObject({ truncated: true, files: [{ path: 'a.txt', bytes: 16 }, {}] });
    const all = await workspaces.list('one', '', { recursive: true, limit: 4 });
    expect(all.truncated).toBe(false);
  });

  it('list beyond one page of S3', async () => {
    const count = 1_050;
    await Promise.all(
      Array.from({ length: count }, (_, n) => workspaces.write('many', `f${n}`, '', {})),
    );
    const { files } = await workspaces.list('many', '', { recursive: true, limit: 5_000 });
    expect(files).toHaveLength(count);
  });

  it('read what was written, whole or its beginning', async () => {
    const options = { limitBytes: 1_000 };
    await workspaces.write('one', 'ü.txt', 'grüße ✓', {});
    expect(await workspaces.read('one', 'ü.txt', options)).toEqual({
      text: 'grüße ✓',
      bytes: 11,
      truncated: false,
    });
    expect(await workspaces.read('one', 'a.txt', { limitBytes: 7 })).toEqual({
      text: 'content',
      bytes: 16,
      truncated: true,
    });
    expect(await workspaces.read('one', 'missing', options)).toBeUndefined();
  });

  it('cut no character in half', async () => {
    await workspaces.write('one', 'cut.txt', 'aé', {});
    expect((await workspaces.read('one', 'cut.txt', { limitBytes: 2 }))?.text).toBe('a');
  });

  it('read an empty file as empty', async () => {
    await workspaces.write('one', 'empty', '', {});
    expect(await workspaces.read('one', 'empty', { limitBytes: 10 })).toEqual({
      text: '',
      bytes: 0,
      truncated: false,
    });
  });
});
