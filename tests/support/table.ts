/** A Jobs table of its own for a test file, as the template describes it. */
import { randomUUID } from 'node:crypto';
import { CreateTableCommand, DeleteTableCommand, DynamoDBClient } from '@aws-sdk/client-dynamodb';
import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { tableClient } from '#shared/aws/tableClient.ts';
import { HOSTS_KEYS } from '#shared/contracts/hosts.ts';
import { JOBS_INDEXES, JOBS_KEY, JOBS_SORT } from '#shared/contracts/tables.ts';
import { createTable } from '#shared/ledger/dynamo/createTable.ts';
import { ledgerClient } from '#shared/ledger/dynamo/ledgerItems.ts';

const CREDENTIALS = { accessKeyId: 'test', secretAccessKey: 'test' };

const keys = (hash: string, range: string) => [
  { AttributeName: hash, KeyType: 'HASH' as const },
  { AttributeName: range, KeyType: 'RANGE' as const },
];

export const createJobsTable = async (
  endpoint: string,
  raw = new DynamoDBClient({ region: 'us-east-1', endpoint, credentials: CREDENTIALS }),
): Promise<{ readonly client: DynamoDBDocumentClient; readonly table: string }> => {
  const table = `jobs-${randomUUID()}`;
  const strings = new Set([JOBS_KEY, JOBS_SORT, ...JOBS_INDEXES.map(({ key }) => key)]);
  const numbers = new Set(JOBS_INDEXES.map(({ sort }) => sort));
  await raw.send(
    new CreateTableCommand({
      TableName: table,
      BillingMode: 'PAY_PER_REQUEST',
      KeySchema: keys(JOBS_KEY, JOBS_SORT),
      AttributeDefinitions: [
        ...[...strings].map((name) => ({ AttributeName: name, AttributeType: 'S' as const })),
        ...[...numbers].map((name) => ({ AttributeName: name, AttributeType: 'N' as const })),
      ],
      GlobalSecondaryIndexes: JOBS_INDEXES.map(({ name, key, sort }) => ({
        IndexName: name,
        KeySchema: keys(key, sort),
        Projection: { ProjectionType: 'KEYS_ONLY' },
      })),
    }),
  );
  const client = tableClient(raw);
  return { client, table };
};

/** A Ledger table, as the template describes it. */
export const createLedgerTable = async (
  endpoint: string,
  stream = false,
): Promise<{
  readonly client: DynamoDBDocumentClient;
  readonly table: string;
  readonly raw: DynamoDBClient;
}> => {
  const raw = new DynamoDBClient({ region: 'us-east-1', endpoint, credentials: CREDENTIALS });
  const table = `ledger-${randomUUID()}`;
  await createTable(raw, table, stream);
  return { client: ledgerClient(raw), table, raw };
};

/** A Hosts table, as the template describes it. */
export const createHostsTable = async (
  endpoint: string,
): Promise<{ readonly client: DynamoDBDocumentClient; readonly table: string }> => {
  const raw = new DynamoDBClient({ region: 'us-east-1', endpoint, credentials: CREDENTIALS });
  const table = `hosts-${randomUUID()}`;
  const { partition, sort } = HOSTS_KEYS;
  await raw.send(
    new CreateTableCommand({
      TableName: table,
      BillingMode: 'PAY_PER_REQUEST',
      KeySchema: keys(partition, sort),
      AttributeDefinitions: [partition, sort].map((name) => ({
        AttributeName: name,
        AttributeType: 'S' as const,
      })),
    }),
  );
  const client = tableClient(raw);
  return { client, table };
};

export const dropTable = async (client: DynamoDBDocumentClient, table: string): Promise<void> => {
  await client.send(new DeleteTableCommand({ TableName: table }));
};
