/** Makes a Ledger table outside a deployment, for copies and tests. */
import {
  CreateTableCommand,
  DescribeTableCommand,
  type DynamoDBClient,
  ResourceNotFoundException,
  waitUntilTableExists,
} from '@aws-sdk/client-dynamodb';
import { EXPIRY_INDEX, LEDGER_KEYS } from '#shared/contracts/ledger.ts';

const keys = ({ partition, sort }: { readonly partition: string; readonly sort: string }) => [
  { AttributeName: partition, KeyType: 'HASH' as const },
  { AttributeName: sort, KeyType: 'RANGE' as const },
];

const WAIT_SECONDS = 120;

/**
 * Makes the table and resolves when the table can be used. `stream` adds a stream of new images.
 * @throws ResourceInUseException when the table exists
 * @throws TimeoutError when the table cannot be used after 120 seconds
 */
export const createTable = async (
  client: DynamoDBClient,
  table: string,
  stream = false,
): Promise<void> => {
  const strings = [LEDGER_KEYS.partition, LEDGER_KEYS.sort, EXPIRY_INDEX.partition];
  await client.send(
    new CreateTableCommand({
      TableName: table,
      BillingMode: 'PAY_PER_REQUEST',
      KeySchema: keys(LEDGER_KEYS),
      AttributeDefinitions: [
        ...strings.map((name) => ({ AttributeName: name, AttributeType: 'S' as const })),
        { AttributeName: EXPIRY_INDEX.sort, AttributeType: 'N' },
      ],
      GlobalSecondaryIndexes: [
        {
          IndexName: EXPIRY_INDEX.name,
          KeySchema: keys(EXPIRY_INDEX),
          Projection: { ProjectionType: 'ALL' },
        },
      ],
      ...(stream && {
        StreamSpecification: { StreamEnabled: true, StreamViewType: 'NEW_IMAGE' as const },
      }),
    }),
  );
  // The waiter takes every error for "not yet", a missing right too.
  await client.send(new DescribeTableCommand({ TableName: table })).catch((error: unknown) => {
    if (!(error instanceof ResourceNotFoundException)) throw error;
  });
  await waitUntilTableExists({ client, maxWaitTime: WAIT_SECONDS }, { TableName: table });
};
