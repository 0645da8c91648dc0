import { DescribeTableCommand } from '@aws-sdk/client-dynamodb';
import {
  DescribeStreamCommand,
  DynamoDBStreamsClient,
  GetRecordsCommand,
  GetShardIteratorCommand,
} from '@aws-sdk/client-dynamodb-streams';
import { ScanCommand } from '@aws-sdk/lib-dynamodb';
import type { DynamoDBRecord, DynamoDBStreamEvent } from 'aws-lambda';
import { beforeAll, describe, expect, inject, it } from 'vitest';
import { follow, newReplica } from '#shared/ledger/audit/replica.ts';
import { entriesOf } from '#shared/ledger/core/blocks.ts';
import { lanesRung } from '#shared/ledger/dynamo/rungLanes.ts';
import { catchUp, sweepLanes } from '#shared/ledger/read/projectEntries.ts';
import { createInjector, FAULTS, type Fault } from '../support/faults.ts';
import { auditOf, partsOf, startLedger, type TestLedger, UNIT } from '../support/ledger.ts';
import { seeded } from '../support/seeded.ts';

const LANES = 2;
const NAMES = ['a', 'b', 'c', 'd'];

let test: TestLedger;
let parts: ReturnType<typeof partsOf>;
let records: () => Promise<readonly DynamoDBRecord[]>;
let plan: (call: number) => Fault | undefined = () => undefined;
const injector = createInjector((call) => plan(call));
/** What the SDK throws is all the same here. */
const STRIKES = FAULTS.filter((fault) => fault !== 'throttled' && fault !== 'conflict');

let n = 0;

/** Reads on in the table's stream. */
const openStream = async (): Promise<() => Promise<readonly DynamoDBRecord[]>> => {
  const { raw, table } = test.options;
  const { Table } = await raw.send(new DescribeTableCommand({ TableName: table }));
  const StreamArn = Table?.LatestStreamArn;
  const streams = new DynamoDBStreamsClient({
    region: 'us-east-1',
    endpoint: inject('dynamoEndpoint'),
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
  });
  const { StreamDescription } = await streams.send(new DescribeStreamCommand({ StreamArn }));
  const ShardId = StreamDescription?.Shards?.[0]?.ShardId;
  const start = { StreamArn, ShardId, ShardIteratorType: 'TRIM_HORIZON' as const };
  let { ShardIterator } = await streams.send(new GetShardIteratorCommand(start));
  return async () => {
    const all: DynamoDBRecord[] = [];
    for (;;) {
      const page = await streams.send(new GetRecordsCommand({ ShardIterator }));
      ShardIterator = page.NextShardIterator;
      if (!page.Records?.length) return all;
      all.push(...(page.Records as DynamoDBRecord[]));
    }
  };
};

/** Some transfers of each payer, and what the stream has of them. */
const happen = async (count = 12): Promise<readonly DynamoDBRecord[]> => {
  for (let i = 0; i < count; i += 1) {
    n += 1;
    const [from = '', to = ''] = [NAMES[i % 4], NAMES[(i + 1 + (n % 3)) % 4]];
    await test.ledger.transfer({ id: `t${n}`, unit: UNIT, from, to, amount: 1n });
  }
  return records();
};

/** As the function is invoked with them. */
const deliver = async (Records: readonly DynamoDBRecord[]): Promise<void> => {
  const event: DynamoDBStreamEvent = { Records: [...Records] };
  await Promise.all(lanesRung(event).map((lane) => catchUp(lane, parts)));
};

const expectWritten = async (): Promise<void> => {
  const { replays } = await follow(newReplica(LANES), parts.reader);
  for (const { head, digest } of replays) {
    const { lane, seq, hash } = head;
    expect(await parts.entries.cursor(lane)).toEqual({ lane, seq, hash, digest });
  }
  let legs = 0;
  for (let lane = 0; lane < LANES; lane += 1)
    for await (const blocks of parts.reader.blocks(lane, 0))
      legs += blocks.flatMap(entriesOf).reduce((sum, entry) => sum + entry.legs.length, 0);
  const { client, table } = test.options;
  const { Items = [] } = await client.send(new ScanCommand({ TableName: table }));
  expect(Items.filter(({ sk }) => String(sk).startsWith('E#'))).toHaveLength(legs);
  expect((await auditOf(test)).problem).toBeUndefined();
};

const shuffled = <T>(items: readonly T[], random: () => number): readonly T[] =>
  items
    .map((item) => [random(), item] as const)
    .sort(([a], [b]) => a - b)
    .map(([, item]) => item);

beforeAll(async () => {
  test = await startLedger(inject('dynamoEndpoint'), LANES, true);
  injector.attach(test.options.client);
  parts = partsOf(test.options, LANES);
  records = await openStream();
  await test.open(Object.fromEntries(NAMES.map((name) => [name, 1_000n])));
  await deliver(await records());
});

describe('what the stream rings for is written out as it is expected', () => {
  it('when each record comes many times', async () => {
    const rung = await happen();
    for (const part of [rung, rung, rung.slice(3), rung.slice(0, 9)]) await deliver(part);
    await expectWritten();
  });

  it('when they come out of order, one by one', async () => {
    const random = seeded(n);
    for (const record of shuffled(await happen(), random)) await deliver([record]);
    await expectWritten();
  });

  it('when most are dropped, with the next one that comes or the next minute', async () => {
    const random = seeded(n);
    for (const record of await happen()) if (random() < 0.2) await deliver([record]);
    await sweepLanes(LANES, parts);
    await expectWritten();
  });

  it('when the stream is lost, within a minute, and the lag is told exactly', async () => {
    await happen();
    const [heads, cursors] = [
      await Promise.all([parts.store.head(0), parts.store.head(1)]),
      await Promise.all([parts.entries.cursor(0), parts.entries.cursor(1)]),
    ];
    const lag = heads.reduce((sum, { seq }, lane) => sum + seq - (cursors[lane]?.seq ?? 0), 0);
    expect(lag).toBe(12);
    expect(await sweepLanes(LANES, parts)).toEqual({ lag, written: lag });
    await expectWritten();
  });

  it('when two consumers and the minute are at it at once, while more happens', async () => {
    const rung = await happen();
    const [odd, even] = [0, 1].map((rest) => rung.filter((_, index) => index % 2 === rest));
    await Promise.all([
      ...[odd, even, rung].map((part) => deliver(part ?? [])),
      happen(),
      sweepLanes(LANES, parts),
    ]);
    await deliver(await records());
    await sweepLanes(LANES, parts);
    await expectWritten();
  });

  it('when the table takes only a part of each batch', async () => {
    await happen();
    const start = injector.calls.length;
    plan = () => 'half a batch';
    await injector.invoke(() => sweepLanes(LANES, parts));
    plan = () => undefined;
    const batches = injector.calls.slice(start).filter((name) => name.endsWith('RequestItems'));
    expect(batches.length).toBeGreaterThan(2 * LANES);
    await expectWritten();
  });
});

describe('a snapshotter that is struck at any of its calls', () => {
  it.each(STRIKES)('%s: each entry is written effectively once', async (fault) => {
    let points = 0;
    for (let at = 0, struck = true; struck; at += 1) {
      const rung = await happen(4);
      const start = injector.calls.length;
      struck = false;
      plan = (call) => {
        struck ||= call - start === at;
        return call - start === at ? fault : undefined;
      };
      await injector.invoke(() => deliver(rung)).catch(() => undefined);
      plan = () => undefined;
      await sweepLanes(LANES, parts);
      await injector.wake();
      points += struck ? 1 : 0;
    }
    await injector.wake();
    await injector.wake();
    expect(points).toBeGreaterThan(5);
    await expectWritten();
  });
});
