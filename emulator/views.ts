/** What the queues and tables of a running cloud hold. */
import { DescribeTableCommand, type DynamoDBClient } from '@aws-sdk/client-dynamodb';
import type { FauxqsServer } from 'fauxqs';
import { type QueueState, queueState } from './observer.ts';
import type { Polled } from './servers.ts';
import type { StreamReaders } from './tables/streamReaders.ts';
import { itemsAsRecords } from './tables/tableItems.ts';
import { resourcesOf } from './template/properties.ts';
import type { ResolveContext } from './template/resolve.ts';
import type { Template } from './template/template.ts';
import type { Source } from './triggers/sqsSource.ts';
import type { StreamRecord } from './triggers/streamBatch.ts';
import { readStream } from './triggers/streamReading.ts';

export interface Views {
  readonly tableNames: readonly string[];
  queues(): readonly QueueState[];
  tables(): Promise<readonly { readonly name: string; readonly items: number }[]>;
  /**
   * Gives every change of a table that has a stream, from the first change on. For a table that was
   * kept, gives all its items before the changes.
   *
   * @throws RangeError for a table without a stream
   */
  follow(tableName: string, onRecords: (records: readonly StreamRecord[]) => void): Source;
}

interface ViewOptions {
  readonly messages: FauxqsServer;
  readonly tables: DynamoDBClient;
  readonly polled: Polled;
  /** The table server's streams, by the ARNs that the template uses. */
  readonly streams: ReadonlyMap<string, string>;
  readonly readers: StreamReaders;
  readonly region: string;
  /** The tables are older than this process: their streams lack the first changes. */
  readonly kept: boolean;
}

const BATCH = 1_000;

/** Views of the template's queues and tables, read at each call. */
export const viewsOf = (
  template: Template,
  context: ResolveContext,
  { messages, tables, polled, streams, readers, region, kept }: ViewOptions,
): Views => {
  const queueNames = resourcesOf(template, ['AWS::SQS::Queue'], context).map(
    ({ attributes }) => attributes['QueueName'] ?? '',
  );
  const stored = resourcesOf(
    template,
    ['AWS::DynamoDB::Table', 'AWS::DynamoDB::GlobalTable'],
    context,
  );
  const tableNames = stored.map(({ ref }) => ref);
  return {
    tableNames,
    queues: () => queueNames.map((name) => queueState(messages, name)),
    tables: () =>
      Promise.all(
        tableNames.map(async (TableName) => {
          const { Table } = await tables.send(new DescribeTableCommand({ TableName }));
          return { name: TableName, items: Table?.ItemCount ?? 0 };
        }),
      ),
    follow: (tableName, onRecords) => {
      const table = stored.find(({ ref }) => ref === tableName);
      const streamArn = table?.attributes['StreamArn'] ?? '';
      const localArn = streams.get(streamArn);
      if (!localArn) throw new RangeError(`no stream of a table ${tableName}`);
      const reading = {
        streamArn,
        localArn,
        region,
        batchSize: BATCH,
        windowMs: 0,
        startingPosition: 'TRIM_HORIZON' as const,
        reader: readers.join(tableName),
      };
      const schema = table?.properties['KeySchema'] as { readonly AttributeName: string }[];
      const keys = schema.map(({ AttributeName }) => AttributeName);
      let isComplete = !kept;
      const deliver = async (records: readonly StreamRecord[]): Promise<void> => {
        if (!isComplete) onRecords(await itemsAsRecords(tables, tableName, keys, reading));
        isComplete = true;
        onRecords(records);
      };
      return readStream(polled.streams, reading, deliver, () => undefined);
    },
  };
};
