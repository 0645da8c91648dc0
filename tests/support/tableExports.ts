/**
 * What `aws dynamodb export-table-to-point-in-time` and `import-table` do, for DynamoDB Local, which
 * knows neither: a table's items at a moment, one `{"Item":…}` of DynamoDB JSON a line, in gzip.
 */
import { gunzipSync, gzipSync } from 'node:zlib';
import {
  type AttributeValue,
  BatchWriteItemCommand,
  CreateTableCommand,
  DeleteTableCommand,
  DescribeTableCommand,
  type DynamoDBClient,
  paginateScan,
  type TableDescription,
  UpdateTableCommand,
  waitUntilTableNotExists,
} from '@aws-sdk/client-dynamodb';

type Item = Record<string, AttributeValue>;

export interface TableExport {
  readonly description: TableDescription;
  /** Gzip of the lines. */
  readonly data: Buffer;
}

const PUTS_MAX = 25;

/** Binary is base64 in DynamoDB JSON. */
const asJson = (_key: string, value: unknown): unknown =>
  value instanceof Uint8Array ? Buffer.from(value).toString('base64') : value;

const revived = (value: AttributeValue): AttributeValue => {
  if (value.B !== undefined) return { B: Buffer.from(String(value.B), 'base64') };
  if (value.M) return { M: revivedItem(value.M) };
  return value.L ? { L: value.L.map(revived) } : value;
};
const revivedItem = (item: Item): Item =>
  Object.fromEntries(Object.entries(item).map(([name, value]) => [name, revived(value)]));

export const exportTable = async (client: DynamoDBClient, table: string): Promise<TableExport> => {
  const { Table } = await client.send(new DescribeTableCommand({ TableName: table }));
  if (!Table) throw new Error(`no table ${table}`);
  const lines: string[] = [];
  for await (const { Items = [] } of paginateScan(
    { client },
    { TableName: table, ConsistentRead: true },
  ))
    for (const item of Items) lines.push(`${JSON.stringify({ Item: item }, asJson)}\n`);
  return { description: Table, data: gzipSync(lines.join('')) };
};

/** Into a new table, with nothing but keys and indexes. @param lacks items that were not restored */
const importTable = async (
  client: DynamoDBClient,
  { description: of, data }: TableExport,
  lacks: (item: Item) => boolean,
): Promise<void> => {
  await client.send(
    new CreateTableCommand({
      TableName: of.TableName,
      BillingMode: 'PAY_PER_REQUEST',
      KeySchema: of.KeySchema,
      AttributeDefinitions: of.AttributeDefinitions,
      GlobalSecondaryIndexes: of.GlobalSecondaryIndexes?.map(
        ({ IndexName, KeySchema, Projection }) => ({ IndexName, KeySchema, Projection }),
      ),
    }),
  );
  const items = gunzipSync(data)
    .toString()
    .split('\n')
    .filter(Boolean)
    .map((line) => revivedItem((JSON.parse(line) as { Item: Item }).Item))
    .filter((item) => !lacks(item));
  for (let from = 0; from < items.length; from += PUTS_MAX) {
    const puts = items.slice(from, from + PUTS_MAX).map((Item) => ({ PutRequest: { Item } }));
    const request = { RequestItems: { [String(of.TableName)]: puts } };
    const { UnprocessedItems = {} } = await client.send(new BatchWriteItemCommand(request));
    if (Object.keys(UnprocessedItems).length > 0) throw new Error('the import was not taken whole');
  }
};

export const dropTable = async (client: DynamoDBClient, table: string): Promise<void> => {
  await client.send(new DeleteTableCommand({ TableName: table }));
  await waitUntilTableNotExists({ client, maxWaitTime: 60 }, { TableName: table });
};

/** The table is lost, and is again as it was: without a stream. */
export const restoreTable = async (
  client: DynamoDBClient,
  moment: TableExport,
  lacks: (item: Item) => boolean = () => false,
): Promise<void> => {
  await dropTable(client, String(moment.description.TableName));
  await importTable(client, moment, lacks);
};

/** @returns the ARN of the new stream */
export const enableStream = async (
  client: DynamoDBClient,
  { description: { TableName, StreamSpecification } }: TableExport,
): Promise<string> => {
  const request = new UpdateTableCommand({ TableName, StreamSpecification });
  const { TableDescription } = await client.send(request);
  return TableDescription?.LatestStreamArn ?? '';
};
