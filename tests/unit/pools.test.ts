import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { configOf } from '#infra/config.ts';
import { faultsOfKinds } from '#infra/pools.ts';
import { allQueues, ORIGIN_ATTRIBUTE, poolOf, pools, queueIn } from '#shared/contracts/pools.ts';
import type { Delivery } from '#shared/jobs/ports/jobs.ts';
import type { PoolRouter } from '#shared/jobs/ports/pools.ts';
import { batchResponse, deliveriesOf } from '#shared/jobs/sqs/deliveries.ts';
import { createPoolRouter } from '#shared/jobs/sqs/poolRouter.ts';
import { moveToPool } from '#shared/jobs/worker/moveToPool.ts';
import { type StrictQueue, startStrictQueue } from '../support/strictQueue.ts';

const URLS = { critical: 'c.fifo', high: 'h.fifo', normal: 'n.fifo', low: 'l.fifo' };
const POOLS = { heavy: ['image.resize', 'video.cut'], tiny: ['ping'] };

describe('the pool of a kind', () => {
  it('is the one that names the kind', () => {
    expect(poolOf('video.cut', POOLS)).toBe('heavy');
    expect(poolOf('ping', POOLS)).toBe('tiny');
    expect(poolOf('echo', POOLS)).toBe('');
  });

  it('names its queues after those of the mesh', () => {
    expect(queueIn('heavy', 'https://q/sheratan-dev-jobs-low.fifo')).toBe(
      'https://q/sheratan-dev-jobs-low-heavy.fifo',
    );
    expect(queueIn('', 'n.fifo')).toBe('n.fifo');
    expect(allQueues(URLS, { tiny: [] })).toEqual([
      ...['c.fifo', 'h.fifo', 'n.fifo', 'l.fifo'],
      ...['c-tiny.fifo', 'h-tiny.fifo', 'n-tiny.fifo', 'l-tiny.fifo'],
    ]);
  });

  it('is read from JSON, and a fault of the text is named', () => {
    expect(pools('{"heavy":["a"]}')).toEqual({ heavy: ['a'] });
    expect(pools(undefined)).toEqual({});
    expect(pools('heavy')).toMatchObject({ fault: expect.stringContaining('must be JSON') });
  });
});

describe('the setting', () => {
  const faultOf = (value: unknown): string => {
    try {
      configOf({ pools: value as never });
      return '';
    } catch (error) {
      return String(error);
    }
  };

  it('takes what it documents', () => {
    const heavy = {
      kinds: ['a'],
      memoryMb: 3_008,
      timeoutSeconds: 300,
      maxConcurrency: { low: 2 },
    };
    expect(configOf({ pools: { heavy } }).pools).toEqual({ heavy });
    expect(configOf({}).pools).toEqual({});
  });

  it.each([
    ['a name that a dead-letter queue has', { dead: { kinds: ['a'] } }, '"dead"'],
    ['a name that no queue could have', { 'Heavy!': { kinds: ['a'] } }, 'lower-case'],
    ['no kinds', { heavy: { kinds: [] } }, 'at least one kind'],
    ['a kind in two pools', { a: { kinds: ['x'] }, b: { kinds: ['x'] } }, 'x is in a and b'],
    ['a field it does not know', { heavy: { kinds: ['a'], memory: 1 } }, 'object of kinds'],
    [
      'more than the environment takes',
      { heavy: { kinds: Array(99).fill('k'.repeat(40)) } },
      '2048',
    ],
  ])('refuses %s', (_, value, said) => {
    expect(faultOf(value)).toContain(said);
  });

  it('names the kinds that the mesh does not have', () => {
    expect(faultsOfKinds({ heavy: { kinds: ['echo', 'gone'] } }, ['echo'])).toEqual([
      'pools.heavy: there is no kind gone',
    ]);
  });
});

describe('a job in the queue of another pool', () => {
  let queue: StrictQueue;
  beforeEach(() => {
    queue = startStrictQueue();
  });
  afterEach(() => queue.stop());

  const router = (pool: string, urls = URLS): PoolRouter =>
    createPoolRouter({ sqs: queue.sqs, queueUrls: urls, pools: POOLS, pool, runSecondsMax: 840 });

  const delivery: Delivery = {
    messageId: 'm-1',
    receiptHandle: 'r-1',
    queueUrl: 'n.fifo',
    priority: 'normal',
    group: 'g',
    body: '{"kind":"ping"}',
    sentAt: 1_000,
    receives: 1,
    deduplicationId: 'd-1',
  };

  /** The message that was sent last, as the worker of its queue gets it. */
  const received = (queueName: string) => {
    const [sent] = queue.taken.slice(-1);
    const attributes = Object.entries(sent?.MessageAttributes ?? {});
    const record = {
      messageId: 'm-2',
      receiptHandle: 'r-2',
      body: sent?.MessageBody,
      eventSourceARN: `arn:aws:sqs:eu-west-1:1:${queueName}`,
      attributes: {
        SentTimestamp: '9000',
        ApproximateReceiveCount: '1',
        MessageGroupId: sent?.MessageGroupId,
        MessageDeduplicationId: sent?.MessageDeduplicationId,
      },
      messageAttributes: Object.fromEntries(
        attributes.map(([name, { StringValue }]) => [name, { stringValue: StringValue }]),
      ),
    };
    return { Records: [record] } as unknown as Parameters<typeof deliveriesOf>[0];
  };

  it('is known by its kind', () => {
    expect(router('').isElsewhere('ping')).toBe(true);
    expect(router('tiny').isElsewhere('ping')).toBe(false);
    expect(router('heavy').isElsewhere('ping')).toBe(true);
    expect(router('heavy').isElsewhere('echo')).toBe(true);
    expect(router('').isElsewhere('echo')).toBe(false);
  });

  it('keeps what its sender knows of it: id, time, group, deduplication id', async () => {
    expect(await router('').move('ping', delivery)).toBeUndefined();
    const event = received('n-tiny.fifo');
    const [moved] = deliveriesOf(event, { ...URLS, normal: 'n-tiny.fifo' });
    expect(moved).toMatchObject({
      messageId: 'm-1',
      movedAs: 'm-2',
      sentAt: 1_000,
      deduplicationId: 'd-1',
      group: 'g',
      body: delivery.body,
      queueUrl: 'n-tiny.fifo',
    });
    expect(batchResponse(event, ['m-1'])).toEqual({
      batchItemFailures: [{ itemIdentifier: 'm-2' }],
    });
    expect(batchResponse(event, [])).toEqual({ batchItemFailures: [] });
  });

  it('keeps its row and its place in a group when the table had released it', async () => {
    await router('').move('ping', { ...delivery, released: 'größe', messageGroup: 'own' });
    const [moved] = deliveriesOf(received('n-tiny.fifo'), { ...URLS, normal: 'n-tiny.fifo' });
    expect(moved).toMatchObject({ released: 'größe', group: 'g', messageGroup: 'own' });
  });

  it('is sent under an id of this hop, the same when it is sent again', async () => {
    await router('').move('ping', delivery);
    await router('').move('ping', delivery);
    // Back and forth within five minutes: the first queue must not take it for a duplicate.
    await router('heavy').move('echo', { ...delivery, movedAs: 'm-2' });
    const ids = queue.taken.map(({ MessageDeduplicationId }) => MessageDeduplicationId);
    expect(ids).toEqual(['m-1', 'm-1', 'm-2']);
    const origins = queue.taken.map(
      ({ MessageAttributes }) => MessageAttributes?.[ORIGIN_ATTRIBUTE]?.StringValue,
    );
    expect(new Set(origins).size).toBe(1);
  });

  it('is quarantined with the reason when that queue will never take it', async () => {
    const kept: unknown[] = [];
    const create = async (record: unknown) => {
      kept.push(record);
      return { kind: 'created' } as const;
    };
    const deps = {
      pools: router('', { ...URLS, normal: 'missing' }),
      store: { create },
      blobs: { put: async () => undefined, get: async () => undefined },
      clock: { now: () => 5 },
    };
    const report = { id: 'm-1', kind: 'ping' };
    expect(
      await moveToPool(report, delivery, deps as unknown as Parameters<typeof moveToPool>[2]),
    ).toMatchObject({
      action: 'delete',
      as: 'quarantined',
      code: 'QUEUE_REFUSED',
    });
    expect(kept).toMatchObject([{ id: 'm-1', status: 'QUARANTINED' }]);
  });
});
