import { describe, expect, it } from 'vitest';
import { kindsOf } from '#shared/jobs/kinds/defineJob.ts';
import { echo } from '#shared/jobs/kinds/echo.ts';
import { EnqueueError } from '#shared/jobs/kinds/errors.ts';
import type { JobRecord } from '#shared/jobs/record/record.ts';
import { collectChildren } from '#shared/jobs/worker/attempt/childJobs.ts';
import { LIMITS } from '#shared/kernel/limits.ts';

const parent: JobRecord = {
  id: 'p',
  kind: 'echo',
  status: 'RUNNING',
  attempt: 1,
  createdAt: 0,
  updatedAt: 0,
  messageId: 'm',
  priority: 'normal',
  group: 'g',
  source: 's',
  contentHash: '',
  history: [],
};
const blobs = { put: () => Promise.resolve(), get: () => Promise.resolve(undefined) };
const open = (depth = 0) => collectChildren({ parent, depth }, undefined, kindsOf([echo]), blobs);

const refusal = (run: () => unknown): unknown => {
  try {
    return run();
  } catch (error) {
    return error instanceof EnqueueError ? [error.code, error.message] : error;
  }
};
const child = { kind: 'echo', payload: 1 };

describe('enqueue', () => {
  it('refuses a second child under one id, and the id of the parent, where it is called', () => {
    const children = open();
    expect(children.enqueue({ ...child, id: 'a' })).toBe('a');
    const another = ['CHILD_ID_TAKEN', `enqueue: id: "a" is another of its children's`];
    expect(refusal(() => children.enqueue({ ...child, id: 'a' }))).toEqual(another);
    expect(refusal(() => children.enqueue({ ...child, id: 'a', payload: 2 }))).toEqual(another);
    const own = ['CHILD_ID_TAKEN', `enqueue: id: "p" is this job's own`];
    expect(refusal(() => children.enqueue({ ...child, id: 'p' }))).toEqual(own);
  });

  it('counts the ids that it gives, and those of keys', () => {
    const children = open();
    const key = children.enqueue({ ...child, idempotencyKey: 'k' });
    expect(refusal(() => children.enqueue({ ...child, idempotencyKey: 'k' }))).toEqual([
      'CHILD_ID_TAKEN',
      expect.any(String),
    ]);
    expect(refusal(() => children.enqueue({ ...child, id: key }))).toEqual([
      'CHILD_ID_TAKEN',
      expect.any(String),
    ]);
    expect(children.enqueue({ ...child, id: 'p.3' })).toBe('p.3');
    expect(refusal(() => children.enqueue(child))).toEqual(['CHILD_ID_TAKEN', expect.any(String)]);
  });

  it('leaves the outbox as it was when it refuses', async () => {
    const children = open();
    children.enqueue({ ...child, id: 'a' });
    refusal(() => children.enqueue({ ...child, id: 'a' }));
    const { children: text = '' } = await children.outbox();
    expect(JSON.parse(text)).toMatchObject([{ id: 'a', parentId: 'p', depth: 1 }]);
  });

  it('ends a line of jobs that each send the next, and says how long it was', async () => {
    const last = open(LIMITS.treeDepthMax - 1);
    last.enqueue({ ...child, id: 'a' });
    expect(JSON.parse((await last.outbox()).children ?? '')).toMatchObject([{ depth: 1_000 }]);
    expect(refusal(() => open(LIMITS.treeDepthMax).prepare(child))).toEqual([
      'TREE_TOO_DEEP',
      expect.any(String),
    ]);
    expect(refusal(() => open(LIMITS.treeDepthMax).enqueue(child))).toEqual([
      'TREE_TOO_DEEP',
      'enqueue: 1000 jobs above p were each sent by the one before, the limit is 1000; what goes on for ever is better sent by a schedule',
    ]);
  });

  const cyclic: { self?: unknown } = {};
  cyclic.self = cyclic;
  const deep = Array.from({ length: 80 }).reduce<unknown>((inner) => [inner], 1);
  const ids = Array.from({ length: 4_000 }, (_, n) => `${n}`.padStart(128, 'x'));
  it.each<[string, object, string]>([
    ['a bigint', { payload: 1n }, 'NUMBER_INEXACT'],
    ['a circle', { payload: cyclic }, 'NOT_JSON'],
    ['an unknown kind', { kind: 'nope' }, 'UNKNOWN_KIND'],
    ['what is too deep', { payload: deep }, 'TOO_DEEP'],
    ['what no bucket takes', { payload: 'x'.repeat(LIMITS.payloadBytesMax) }, 'TOO_LARGE'],
    ['what no message takes', { dependsOn: ids }, 'TOO_LARGE'],
    ['a time that is none', { delaySeconds: Number.NaN }, 'NUMBER_INEXACT'],
    ['a time that is past', { delaySeconds: -1 }, 'ENVELOPE_INVALID'],
    ['a callback that nobody can answer', { callback: { url: 'http://' } }, 'ENVELOPE_INVALID'],
  ])('refuses %s', (_what, over, code) => {
    expect(refusal(() => open().enqueue({ ...child, ...over }))).toEqual([
      code,
      expect.any(String),
    ]);
  });
});
