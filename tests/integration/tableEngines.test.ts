/**
 * What AWS documents of DynamoDB and this project builds on, asked of each engine that is here. Where
 * an engine differs, `DEVIATIONS` names how, so that a new version that fixes it is noticed, too.
 * TransactionConflict is raised by neither: tests inject it (`tests/support/conflicts.ts`).
 */
import {
  type AttributeDefinition,
  type AttributeValue,
  BatchGetItemCommand,
  BatchWriteItemCommand,
  type CreateTableCommandInput,
  DynamoDBClient,
  GetItemCommand,
  PutItemCommand,
  QueryCommand,
  ScanCommand,
  TransactGetItemsCommand,
  type TransactionCanceledException,
  type TransactWriteItem,
  TransactWriteItemsCommand,
  UpdateItemCommand,
} from '@aws-sdk/client-dynamodb';
import {
  type _Record,
  DescribeStreamCommand,
  DynamoDBStreamsClient,
  GetRecordsCommand,
  GetShardIteratorCommand,
  type GetShardIteratorCommandInput,
} from '@aws-sdk/client-dynamodb-streams';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createTemplateTable } from '#emulator/tables/createTable.ts';
import { hasJava } from '#emulator/tables/dynamoLocal.ts';
import { nativeBinary } from '#emulator/tables/nativeTables.ts';
import { TABLE_ENGINES, type TableEngine, type TableServer } from '#emulator/tables/tableEngine.ts';
import { startTableServer } from '#emulator/tables/tableServer.ts';

const DEVIATIONS: Readonly<Record<TableEngine, Readonly<Record<string, unknown>>>> = {
  native: {
    'begins_with looks at case': ['Abc', 'abd'],
    'a write that changes nothing makes no stream record': ['INSERT', 'MODIFY', 'REMOVE'],
    'a character beyond ASCII in an expression': 'the server dies',
  },
  'dynamodb-local': {
    'units of a transaction of 100 puts': 2,
    'units of an index in a transaction': 4,
  },
};

const isHere: Readonly<Record<TableEngine, () => boolean>> = {
  native: () => nativeBinary() !== undefined,
  'dynamodb-local': hasJava,
};

const KILO = 1_024;
const S = (value: string) => ({ S: value });
const N = (value: number | string) => ({ N: String(value) });
const key = (pk: string, sk = 'a') => ({ pk: S(pk), sk: S(sk) });
const definitions = (types: Readonly<Record<string, 'S' | 'N' | 'B'>>): AttributeDefinition[] =>
  Object.entries(types).map(([AttributeName, AttributeType]) => ({ AttributeName, AttributeType }));
const schemaOf = (hash: string, range: string) => [
  { AttributeName: hash, KeyType: 'HASH' as const },
  { AttributeName: range, KeyType: 'RANGE' as const },
];

describe.each(TABLE_ENGINES)('%s', (engine) => {
  // An engine that is not installed cannot be asked.
  describe.skipIf(!isHere[engine]())('does as documented', () => {
    const asDocumented = <T>(what: string, aws: T): unknown =>
      what in DEVIATIONS[engine] ? DEVIATIONS[engine][what] : aws;
    const connection = () => ({
      endpoint: server.endpoint,
      region: 'us-east-1',
      maxAttempts: 1,
      credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
    });
    const TableName = 'things';
    let server: TableServer;
    let db: DynamoDBClient;
    let streams: DynamoDBStreamsClient;
    let StreamArn: string | undefined;

    beforeAll(async () => {
      server = await startTableServer({ engine });
      db = new DynamoDBClient(connection());
      streams = new DynamoDBStreamsClient(connection());
      StreamArn = await createTemplateTable(db, TableName, {
        KeySchema: schemaOf('pk', 'sk'),
        AttributeDefinitions: definitions({ pk: 'S', sk: 'S', label: 'S', at: 'N' }),
        GlobalSecondaryIndexes: [
          {
            IndexName: 'labels',
            KeySchema: schemaOf('label', 'at'),
            Projection: { ProjectionType: 'KEYS_ONLY' },
          },
        ],
        StreamSpecification: { StreamEnabled: true, StreamViewType: 'NEW_AND_OLD_IMAGES' },
      } satisfies Omit<CreateTableCommandInput, 'TableName'>);
      for (const [name, type] of [
        ['numbers', 'N'],
        ['bytes', 'B'],
      ] as const)
        await createTemplateTable(db, name, {
          KeySchema: schemaOf('pk', 'sk'),
          AttributeDefinitions: definitions({ pk: 'S', sk: type }),
        });
    });
    afterAll(async () => {
      db?.destroy();
      streams?.destroy();
      await server?.stop();
    });

    const put = (Item: Record<string, AttributeValue>, table = TableName) =>
      db.send(new PutItemCommand({ TableName: table, Item }));
    const get = async (Key: Record<string, AttributeValue>) =>
      (await db.send(new GetItemCommand({ TableName, Key, ConsistentRead: true }))).Item;
    const transact = (TransactItems: TransactWriteItem[], ClientRequestToken?: string) =>
      db.send(
        new TransactWriteItemsCommand({
          TransactItems,
          ClientRequestToken,
          ReturnConsumedCapacity: 'TOTAL',
        }),
      );
    const putting = (pk: string, more: Record<string, AttributeValue> = {}): TransactWriteItem => ({
      Put: { TableName, Item: { ...key(pk), ...more } },
    });
    const many = (prefix: string, count: number): TransactWriteItem[] =>
      Array.from({ length: count }, (_, n) => putting(`${prefix}-${n}`));

    it('a failed condition answers with the item as it is', async () => {
      await put({ ...key('condition'), state: S('old') });
      const update = new UpdateItemCommand({
        TableName,
        Key: key('condition'),
        UpdateExpression: 'SET #state = :new',
        ConditionExpression: '#state = :other',
        ExpressionAttributeNames: { '#state': 'state' },
        ExpressionAttributeValues: { ':new': S('new'), ':other': S('other') },
        ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
      });
      await expect(db.send(update)).rejects.toMatchObject({
        name: 'ConditionalCheckFailedException',
        Item: { ...key('condition'), state: S('old') },
      });
    });

    it('a cancelled transaction says why, action by action, and writes nothing', async () => {
      await put({ ...key('taken'), by: S('ada') });
      const cancelled = (await transact([
        putting('free'),
        {
          Put: {
            TableName,
            Item: key('taken'),
            ConditionExpression: 'attribute_not_exists(pk)',
            ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
          },
        },
        {
          ConditionCheck: {
            TableName,
            Key: key('absent'),
            ConditionExpression: 'attribute_exists(pk)',
          },
        },
      ]).catch((error: unknown) => error)) as TransactionCanceledException;
      expect(cancelled.name).toBe('TransactionCanceledException');
      expect(cancelled.CancellationReasons?.map(({ Code }) => Code)).toEqual([
        'None',
        'ConditionalCheckFailed',
        'ConditionalCheckFailed',
      ]);
      expect(cancelled.CancellationReasons?.[1]?.Item).toEqual({ ...key('taken'), by: S('ada') });
      expect(await get(key('free'))).toBeUndefined();
    });

    it('a token makes a transaction happen once, and is refused for another one', async () => {
      const add: TransactWriteItem = {
        Update: {
          TableName,
          Key: key('token'),
          UpdateExpression: 'ADD n :one',
          ExpressionAttributeValues: { ':one': N(1) },
        },
      };
      await transact([add], 'token-1');
      await transact([add], 'token-1');
      expect(await get(key('token'))).toMatchObject({ n: N(1) });
      await expect(transact([putting('other')], 'token-1')).rejects.toMatchObject({
        name: 'IdempotentParameterMismatchException',
      });
    });

    it('a transaction takes 100 actions, no more, and one of an item', async () => {
      await transact(many('hundred', 100));
      await expect(transact(many('more', 101))).rejects.toMatchObject({
        name: 'ValidationException',
      });
      await expect(transact([putting('twice'), putting('twice')])).rejects.toMatchObject({
        name: 'ValidationException',
      });
      expect(await get(key('more-0'))).toBeUndefined();
    });

    it('a transaction takes 4 MB, no more', async () => {
      const large = (prefix: string, count: number) =>
        Array.from({ length: count }, (_, n) =>
          putting(`${prefix}-${n}`, { text: S('x'.repeat(390 * KILO)) }),
        );
      await transact(large('fits', 10));
      await expect(transact(large('over', 11))).rejects.toMatchObject({
        name: 'ValidationException',
      });
    });

    it('an item takes 400 KB, no more', async () => {
      await put({ ...key('large'), text: S('x'.repeat(399 * KILO)) });
      await expect(
        put({ ...key('larger'), text: S('x'.repeat(400 * KILO)) }),
      ).rejects.toMatchObject({ name: 'ValidationException' });
    });

    it('a query answers 1 MB a page and goes on where it stopped', async () => {
      for (let n = 0; n < 6; n += 1)
        await put({ ...key('pages', String(n)), text: S('x'.repeat(300 * KILO)) });
      const read: string[] = [];
      const pages: number[] = [];
      let from: Record<string, AttributeValue> | undefined;
      do {
        const page = await db.send(
          new QueryCommand({
            TableName,
            KeyConditionExpression: 'pk = :pk',
            ExpressionAttributeValues: { ':pk': S('pages') },
            ExclusiveStartKey: from,
          }),
        );
        read.push(...(page.Items ?? []).map(({ sk }) => sk?.S ?? ''));
        pages.push(page.Items?.length ?? 0);
        from = page.LastEvaluatedKey;
      } while (from);
      expect(read).toEqual(['0', '1', '2', '3', '4', '5']);
      expect(Math.max(...pages)).toBeLessThanOrEqual(4);
    });

    it('a batch hands back what is beyond its size, and takes 25 writes, 100 keys', async () => {
      const keys = Array.from({ length: 44 }, (_, n) => key('batch', String(n).padStart(2, '0')));
      for (const each of keys) await put({ ...each, text: S('x'.repeat(390 * KILO)) });
      const { Responses, UnprocessedKeys } = await db.send(
        new BatchGetItemCommand({ RequestItems: { [TableName]: { Keys: keys } } }),
      );
      const got = Responses?.[TableName]?.length ?? 0;
      const left = UnprocessedKeys?.[TableName]?.Keys?.length ?? 0;
      expect(got + left).toBe(44);
      expect(left).toBeGreaterThan(0);
      const writes = Array.from({ length: 26 }, (_, n) => ({
        PutRequest: { Item: key('write', String(n)) },
      }));
      await expect(
        db.send(new BatchWriteItemCommand({ RequestItems: { [TableName]: writes } })),
      ).rejects.toMatchObject({ name: 'ValidationException' });
      const Keys = Array.from({ length: 101 }, (_, n) => key('key', String(n)));
      await expect(
        db.send(new BatchGetItemCommand({ RequestItems: { [TableName]: { Keys } } })),
      ).rejects.toMatchObject({ name: 'ValidationException' });
    });

    it('numbers keep 38 digits, and more are refused', async () => {
      const digits = '12345678901234567890123456789012345678';
      await put({ ...key('digits'), n: N(digits), small: N(`-0.${digits.slice(0, 37)}`) });
      expect(await get(key('digits'))).toMatchObject({
        n: N(digits),
        small: N(`-0.${digits.slice(0, 37)}`),
      });
      const sum = await db.send(
        new UpdateItemCommand({
          TableName,
          Key: key('digits'),
          UpdateExpression: 'ADD n :one',
          ExpressionAttributeValues: { ':one': N(1) },
          ReturnValues: 'UPDATED_NEW',
        }),
      );
      expect(sum.Attributes).toEqual({ n: N('12345678901234567890123456789012345679') });
      await expect(put({ ...key('digits'), n: N(`${digits}9`) })).rejects.toMatchObject({
        name: 'ValidationException',
      });
    });

    const sorted = async (table: string, more: Record<string, AttributeValue> = {}) => {
      const { Items = [] } = await db.send(
        new QueryCommand({
          TableName: table,
          KeyConditionExpression:
            Object.keys(more).length > 0 ? 'pk = :pk AND begins_with(sk, :start)' : 'pk = :pk',
          ExpressionAttributeValues: { ':pk': S('order'), ...more },
        }),
      );
      return Items.map(({ sk }) => sk?.S ?? sk?.N ?? Buffer.from(sk?.B ?? []).toString('hex'));
    };

    it('keys are in the order of numbers, of bytes, and of UTF-8', async () => {
      for (const n of ['10', '9', '-2', '0.5', '1e20'])
        await put({ pk: S('order'), sk: N(n) }, 'numbers');
      expect((await sorted('numbers')).map(Number)).toEqual([-2, 0.5, 9, 10, 1e20]);
      for (const bytes of [[255], [1, 2], [1]])
        await put({ pk: S('order'), sk: { B: Uint8Array.from(bytes) } }, 'bytes');
      expect(await sorted('bytes')).toEqual(['01', '0102', 'ff']);
      // By code unit of UTF-16 the last two would change places.
      const texts = ['Z', 'a', 'é', '\u{ffe6}', '\u{1f600}'];
      for (const text of texts.toReversed()) await put({ pk: S('order'), sk: S(text) });
      expect(await sorted(TableName)).toEqual(texts);
    });

    it('begins_with looks at case', async () => {
      for (const text of ['Abc', 'abd']) await put({ pk: S('order'), sk: S(text) });
      expect(await sorted(TableName, { ':start': S('ab') })).toEqual(
        asDocumented('begins_with looks at case', ['abd']),
      );
    });

    it('an index holds only items with its keys, and of them only keys', async () => {
      await put({ ...key('index', '1'), label: S('l'), at: N(2), more: S('more') });
      await put({ ...key('index', '2'), label: S('l'), at: N(1) });
      await put({ ...key('index', '3'), label: S('l') });
      const read = async () => {
        const { Items } = await db.send(
          new QueryCommand({
            TableName,
            IndexName: 'labels',
            KeyConditionExpression: 'label = :label',
            ExpressionAttributeValues: { ':label': S('l') },
          }),
        );
        return Items;
      };
      expect(await read()).toEqual([
        { ...key('index', '2'), label: S('l'), at: N(1) },
        { ...key('index', '1'), label: S('l'), at: N(2) },
      ]);
      const { Items } = await db.send(new ScanCommand({ TableName, IndexName: 'labels' }));
      expect(Items).toHaveLength(2);
      await db.send(
        new UpdateItemCommand({
          TableName,
          Key: key('index', '1'),
          UpdateExpression: 'REMOVE label',
        }),
      );
      expect(await read()).toHaveLength(1);
    });

    it('a transaction reads one moment, and tells units as documented', async () => {
      const { Responses } = await db.send(
        new TransactGetItemsCommand({
          TransactItems: ['taken', 'absent'].map((pk) => ({ Get: { TableName, Key: key(pk) } })),
        }),
      );
      expect(Responses?.map(({ Item }) => Item?.['by'])).toEqual([S('ada'), undefined]);
      const units = async (items: TransactWriteItem[]) =>
        (await transact(items)).ConsumedCapacity?.[0]?.CapacityUnits;
      expect(await units(many('units', 100))).toBe(
        asDocumented('units of a transaction of 100 puts', 200),
      );
      expect(await units([putting('indexed', { label: S('u'), at: N(1) })])).toBe(
        asDocumented('units of an index in a transaction', 3),
      );
    });

    const shardOf = async () => {
      const { StreamDescription } = await streams.send(new DescribeStreamCommand({ StreamArn }));
      return StreamDescription?.Shards?.[0]?.ShardId;
    };
    const iterator = async (
      start: Pick<GetShardIteratorCommandInput, 'ShardIteratorType' | 'SequenceNumber'>,
    ) => {
      const request = { StreamArn, ShardId: await shardOf(), ...start };
      return (await streams.send(new GetShardIteratorCommand(request))).ShardIterator;
    };
    const recordsFrom = async (start: string | undefined, Limit?: number): Promise<_Record[]> => {
      const records: _Record[] = [];
      for (let next = start; next; ) {
        const page = await streams.send(new GetRecordsCommand({ ShardIterator: next, Limit }));
        if (!page.Records?.length) break;
        if (Limit) expect(page.Records.length).toBeLessThanOrEqual(Limit);
        records.push(...page.Records);
        next = page.NextShardIterator;
      }
      return records;
    };
    const removing = (pk: string): TransactWriteItem => ({ Delete: { TableName, Key: key(pk) } });

    it('a stream tells each change in order, with both images, from any position', async () => {
      const start = await iterator({ ShardIteratorType: 'LATEST' });
      for (const state of ['one', 'two', 'three'])
        await put({ ...key('streamed'), state: S(state) });
      await transact([removing('streamed'), putting('streamed-too')]);
      const all = await recordsFrom(start, 2);
      const states = all.map(({ eventName, dynamodb }) => [
        eventName,
        dynamodb?.OldImage?.['state']?.S,
        dynamodb?.NewImage?.['state']?.S,
      ]);
      expect(states.slice(0, 3)).toEqual([
        ['INSERT', undefined, 'one'],
        ['MODIFY', 'one', 'two'],
        ['MODIFY', 'two', 'three'],
      ]);
      expect(states.slice(3)).toEqual(
        expect.arrayContaining([
          ['REMOVE', 'three', undefined],
          ['INSERT', undefined, undefined],
        ]),
      );
      const numbers = all.map(({ dynamodb }) => dynamodb?.SequenceNumber ?? '');
      const ascending = numbers.toSorted((a, b) => Number(BigInt(a) - BigInt(b)));
      expect(numbers).toEqual(ascending);
      expect(new Set(numbers).size).toBe(5);
      const sequences = (records: readonly _Record[]) =>
        records.map(({ dynamodb }) => dynamodb?.SequenceNumber);
      const [, second] = numbers;
      const at = { SequenceNumber: second } as const;
      const from = await iterator({ ShardIteratorType: 'AT_SEQUENCE_NUMBER', ...at });
      expect(sequences(await recordsFrom(from))).toEqual(numbers.slice(1));
      const after = await iterator({ ShardIteratorType: 'AFTER_SEQUENCE_NUMBER', ...at });
      expect(sequences(await recordsFrom(after))).toEqual(numbers.slice(2));
    });

    it('a write that changes nothing makes no stream record', async () => {
      const start = await iterator({ ShardIteratorType: 'LATEST' });
      await put({ ...key('same'), state: S('same') });
      await put({ ...key('same'), state: S('same') });
      await transact([removing('same')]);
      const names = (await recordsFrom(start)).map(({ eventName }) => eventName);
      expect(names).toEqual(
        asDocumented('a write that changes nothing makes no stream record', ['INSERT', 'REMOVE']),
      );
    });

    it('a stream of thousands of records is read to its end', async () => {
      const start = await iterator({ ShardIteratorType: 'LATEST' });
      for (let n = 0; n < 20; n += 1) await transact(many(`bulk-${n}`, 100));
      expect(await recordsFrom(start)).toHaveLength(2_000);
    });

    // The last one: a server may die of it.
    it('refuses a character beyond ASCII in an expression', async () => {
      const { pid } = server;
      const refusal = await db
        .send(
          new UpdateItemCommand({
            TableName,
            Key: key('ascii'),
            UpdateExpression: 'SET a€ = :v',
            ExpressionAttributeValues: { ':v': S('v') },
          }),
        )
        .then(
          () => 'taken',
          (error: Error) => error.name,
        );
      const died = refusal !== 'ValidationException' && refusal !== 'taken';
      if (died) await expect.poll(() => server.pid, { timeout: 50_000 }).not.toBe(pid);
      expect(died ? 'the server dies' : refusal).toBe(
        asDocumented('a character beyond ASCII in an expression', 'ValidationException'),
      );
    });
  });
});
