/** What a worker opens at its first use: a failed opening must not fail the uses after it. */
import { beforeEach, expect, it, vi } from 'vitest';
import { lazyHttp } from '#shared/jobs/http/lazyHttp.ts';
import { lazyBucket } from '#shared/jobs/s3/lazyBucket.ts';
import { lazyDispatcher } from '#shared/wiring/lazyDispatcher.ts';
import { lazyHoldAllocator } from '#shared/wiring/lazyHoldAllocator.ts';
import type { DispatcherOptions } from '#shared/wiring/openDispatcher.ts';
import type { SystemOptions } from '#shared/wiring/openLedger.ts';

const opening = vi.hoisted(() => vi.fn<(parts: object) => object>());

vi.mock('#shared/wiring/openDispatcher.ts', () => ({
  openDispatcher: () => opening({ run: answer }),
}));
vi.mock('#shared/jobs/http/httpClient.ts', () => ({
  createHttpClient: () => opening({ request: answer }),
}));
vi.mock('#shared/jobs/s3/openBucket.ts', () => ({
  openBucket: () => opening({ blobs: { get: answer }, workspaces: { list: answer } }),
}));
vi.mock('#shared/wiring/openLedger.ts', () => ({ openLedger: () => opening({}) }));
vi.mock('#shared/billing/holdAllocator.ts', () => ({
  createHoldAllocator: () => ({ take: answer }),
}));

const answer = (): Promise<string> => Promise.resolve('answered');

beforeEach(() => {
  opening.mockReset();
  opening.mockImplementation((parts) => parts);
});

const bucket = () => lazyBucket('bucket');
type Use = () => Promise<unknown>;
const USES: Readonly<Record<string, () => Use>> = {
  'a dispatcher': () => lazyDispatcher({} as DispatcherOptions).run as Use,
  'an HTTP client': () => lazyHttp({ allow: [] }).request as Use,
  'the bucket': () => bucket().blobs.get as Use,
  'the workspaces': () => bucket().workspaces.list as Use,
  'a allocator': () => lazyHoldAllocator({} as SystemOptions).take as Use,
};

it.each(Object.entries(USES))('%s is opened again after a failure, then kept', async (_, make) => {
  opening.mockImplementationOnce(() => {
    throw new Error('no credentials yet');
  });
  const use = make();
  await expect(use()).rejects.toThrow('no credentials yet');
  expect(await Promise.all([use(), use()])).toEqual(['answered', 'answered']);
  expect(await use()).toBe('answered');
  expect(opening).toHaveBeenCalledTimes(2);
});

it('blobs and workspaces of one bucket share one client', async () => {
  const { blobs, workspaces } = bucket();
  await Promise.all([blobs.get('a'), workspaces.list('w', '', { recursive: true, limit: 1 })]);
  expect(opening).toHaveBeenCalledOnce();
});
