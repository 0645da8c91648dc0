/** A handle is about the job that was sent, not about whatever bears its id. */
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Deployment } from '#client/deployment.ts';
import { handleOf, type JobHandle } from '#client/handle.ts';
import { type Mesh, meshOn } from '#client/mesh.ts';
import { watchHandles } from '#client/wait.ts';
import { contentHashOf, type Envelope } from '#shared/jobs/envelope/envelope.ts';
import { messageOf } from '#shared/jobs/envelope/message.ts';
import type { JobRecord } from '#shared/jobs/record/record.ts';
import { differing, optionsOf } from '#shared/jobs/record/repeatedIds.ts';

const ENVELOPE: Envelope = { kind: 'echo', payload: 1, source: 's', idempotencyKey: 'invoice' };
const OTHER: Envelope = { ...ENVELOPE, payload: 2 };

const rowOf = (envelope: Envelope, messageId: string, over: Partial<JobRecord> = {}): JobRecord => {
  const options = optionsOf(envelope);
  return {
    id: handleOf(envelope, messageId).id,
    kind: envelope.kind,
    status: 'COMPLETED',
    attempt: 1,
    createdAt: 1,
    updatedAt: 1,
    messageId,
    priority: 'normal',
    group: 'g',
    source: 's',
    history: [],
    result: '"first"',
    ...(options && { options }),
    contentHash: contentHashOf(envelope),
    ...over,
  };
};

let rows: Map<string, JobRecord>;
let mesh: Mesh;
const put = (...records: readonly JobRecord[]): void => {
  rows = new Map(records.map((record) => [record.id, record]));
};
const first = handleOf(ENVELOPE, 'm1');
const second = handleOf(OTHER, 'm2');
const soon = { timeoutSeconds: 0.05 };

beforeEach(() => {
  put();
  const store = { get: async (id: string) => rows.get(id) };
  mesh = meshOn({ store } as unknown as Deployment);
});
afterEach(() => vi.restoreAllMocks());

describe('a handle of another job under the same id', () => {
  const keyed = 'idempotencyKey: "invoice" of source "s" was used for job';
  const mismatch = {
    code: 'IDEMPOTENCY_MISMATCH',
    message: `${keyed} ${first.id} with other content (message m1); this one is message m2`,
  };
  beforeEach(() => put(rowOf(ENVELOPE, 'm1')));

  it.each<[string, (job: JobHandle) => Promise<unknown>]>([
    ['result', (job) => mesh.result(job)],
    ['waitFor', (job) => mesh.waitFor([first, job])],
    ['status', (job) => mesh.status(job)],
    ['cancel', (job) => mesh.cancel(job, 'no longer wanted')],
  ])('is never answered with that job by %s', async (_name, ask) => {
    await expect(ask(second)).rejects.toMatchObject(mismatch);
  });

  it('says ID_TAKEN of an id that was given', async () => {
    const [one, other] = [1, 2].map((payload): Envelope => ({ id: 'x', kind: 'echo', payload }));
    put(rowOf(one as Envelope, 'm1', { status: 'RUNNING' }));
    await expect(mesh.result(handleOf(other as Envelope, 'm2'))).rejects.toMatchObject({
      code: 'ID_TAKEN',
      message: 'id: "x" belongs to a job with other content (message m1); this one is message m2',
    });
  });

  it('has what the worker said of it, once that has', async () => {
    const error = {
      code: 'IDEMPOTENCY_MISMATCH',
      message: 'as the worker says',
      attempt: 0,
      at: 1,
    };
    const refused = { id: 'm2', status: 'QUARANTINED', contentHash: '', error } as const;
    put(rowOf(ENVELOPE, 'm1'), rowOf(OTHER, 'm2', refused));
    await expect(mesh.result(second)).rejects.toMatchObject({ message: 'as the worker says' });
  });

  it('does not keep those who wait for the first, nor is the first told otherwise', async () => {
    expect(await mesh.result(first)).toBe('first');
    const [one, two] = await watchHandles(
      { store: { get: async (id) => rows.get(id) } },
      { jobs: [first, second], timeoutMs: 5_000 },
    );
    expect(one?.record?.messageId).toBe('m1');
    expect(two?.refusal).toMatchObject(mismatch);
  });
});

describe('a handle', () => {
  it('of the same content is answered with the run that counts', async () => {
    put(rowOf(ENVELOPE, 'm1'));
    expect(await mesh.result(handleOf(ENVELOPE, 'm9'))).toBe('first');
  });

  it('knows its own job after its payload was patched by hand', async () => {
    put(rowOf(OTHER, 'm1', { generation: 1, result: '"patched"' }));
    expect(await mesh.result(first)).toBe('patched');
  });

  it('made of an id alone stands for whatever bears it', async () => {
    put(rowOf(ENVELOPE, 'm1'));
    expect(await mesh.result({ id: first.id, kind: 'echo' })).toBe('first');
  });

  it.each<[string, Partial<JobRecord>]>([
    ['was refused, and gives its id to what is right', { status: 'QUARANTINED', contentHash: '' }],
    ['has outlived its retention', { expiresAt: 1 }],
  ])('waits on while the row under its id %s', async (_what, over) => {
    put(rowOf(ENVELOPE, 'm1', over));
    await expect(mesh.result(second, soon)).rejects.toMatchObject({ code: 'NOT_ENDED' });
    const again = handleOf(ENVELOPE, 'm9');
    await expect(mesh.result(again, soon)).rejects.toMatchObject({ code: 'NOT_ENDED' });
  });

  it('ends with a cancellation that came before any message of its id', async () => {
    put(rowOf(ENVELOPE, '', { status: 'CANCELLED', contentHash: '' }));
    await expect(mesh.result(second)).rejects.toMatchObject({ code: 'CANCELLED' });
  });

  it('is plain JSON', () => {
    expect(JSON.parse(JSON.stringify(first))).toEqual(first);
  });
});

describe('options of a job that was sent twice', () => {
  const callback = { url: 'https://a.test/' };
  const withOptions: Envelope = { ...ENVELOPE, callback, delaySeconds: 60 };

  it('are told when they did not count', async () => {
    put(rowOf(ENVELOPE, 'm1'));
    const warn = vi.spyOn(process, 'emitWarning').mockImplementation(() => undefined);
    expect(await mesh.result(handleOf(withOptions, 'm2'))).toBe('first');
    expect(warn).toHaveBeenCalledExactlyOnceWith(
      expect.stringMatching(/of this one callback, delaySeconds did not count$/),
      { type: 'SheratanWarning', code: 'OPTIONS_DROPPED' },
    );
  });

  it('are silent when they are the same', async () => {
    put(rowOf(withOptions, 'm1'));
    const warn = vi.spyOn(process, 'emitWarning').mockImplementation(() => undefined);
    await mesh.result(handleOf(withOptions, 'm2'));
    expect(warn).not.toHaveBeenCalled();
  });

  it('let a message through that the queue would swallow otherwise', () => {
    const id = (envelope: Envelope) => messageOf(envelope, '{}', 'nonce').deduplicationId;
    expect(id(withOptions)).not.toBe(id(ENVELOPE));
    expect(id(OTHER)).not.toBe(id(ENVELOPE));
    expect(id({ ...ENVELOPE })).toBe(id(ENVELOPE));
  });

  it('differ by name, whatever the order of their fields', () => {
    const retry = { maxAttempts: 2, baseSeconds: 1 };
    const turned = { baseSeconds: 1, maxAttempts: 2 };
    const of = (over: object) => optionsOf({ ...ENVELOPE, ...over } as Envelope);
    expect(differing(of({ retry }), of({ retry: turned }))).toEqual([]);
    expect(differing(of({ retry, onDead: 'halt' }), of({ retry }))).toEqual(['onDead']);
    expect(optionsOf({ kind: 'echo', payload: 1 })).toBeUndefined();
  });
});
