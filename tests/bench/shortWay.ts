/** CPU of one request for an item, by the SDK's way and by the short way, to the same table. */
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DynamoDBDocumentClient, UpdateCommand } from '@aws-sdk/lib-dynamodb';
import { startTableServer } from '#emulator/tables/tableServer.ts';
import { OPTIONS } from '#shared/aws/clients.ts';
import { tableClient } from '#shared/aws/tableClient.ts';
import { createJobsTable } from '../support/table.ts';
import { line, percentile, round, title } from './stats.ts';

const WARMING = 1_000;
const REQUESTS = 3_000;
const ROUNDS = 5;

/** A write with a condition, some fields and a nested value, as a job's claim has them. */
const update = (table: string, n: number): UpdateCommand =>
  new UpdateCommand({
    TableName: table,
    Key: { pk: `JOB#${n % 100}`, sk: 'JOB' },
    UpdateExpression: 'SET #status = :status, #at = :at, #attempts = :attempts, #lease = :lease',
    ConditionExpression: 'attribute_not_exists(#ended)',
    ExpressionAttributeNames: {
      '#status': 'status',
      '#at': 'at',
      '#attempts': 'attempts',
      '#lease': 'lease',
      '#ended': 'ended',
    },
    ExpressionAttributeValues: {
      ':status': 'RUNNING',
      ':at': n,
      ':attempts': [{ at: n, by: 'worker' }],
      ':lease': 'x'.repeat(36),
    },
    ReturnValues: 'ALL_NEW',
  });

const cpuMicros = async (client: DynamoDBDocumentClient, table: string, requests: number) => {
  const before = process.cpuUsage();
  for (let n = 0; n < requests; n += 1) await client.send(update(table, n));
  const { user, system } = process.cpuUsage(before);
  return (user + system) / requests;
};

/** @returns microseconds of this process, by way: medians of rounds that take turns */
export const benchShortWay = async () => {
  title('One write of an item: CPU of the process that asks');
  const tables = await startTableServer();
  try {
    const { table } = await createJobsTable(tables.endpoint);
    const credentials = { accessKeyId: 'bench', secretAccessKey: 'bench' };
    const sdk = () =>
      new DynamoDBClient({
        ...OPTIONS,
        region: 'us-east-1',
        endpoint: tables.endpoint,
        credentials,
      });
    const ways = { sdk: DynamoDBDocumentClient.from(sdk()), shortWay: tableClient(sdk()) };
    const micros: Record<keyof typeof ways, number[]> = { sdk: [], shortWay: [] };
    for (const client of Object.values(ways)) await cpuMicros(client, table, WARMING);
    for (let turn = 0; turn < ROUNDS; turn += 1) {
      micros.sdk.push(await cpuMicros(ways.sdk, table, REQUESTS));
      micros.shortWay.push(await cpuMicros(ways.shortWay, table, REQUESTS));
    }
    const medians = {
      sdk: round(percentile(micros.sdk, 0.5), 0),
      shortWay: round(percentile(micros.shortWay, 0.5), 0),
    };
    line('by the SDK', `${medians.sdk} µs`);
    line('by the short way', `${medians.shortWay} µs`);
    return medians;
  } finally {
    await tables.stop();
  }
};
