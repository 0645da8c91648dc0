/** Creates the template's tables on the table server. */
import {
  CreateTableCommand,
  type CreateTableCommandInput,
  type DynamoDBClient,
} from '@aws-sdk/client-dynamodb';
import { LocalCloudError } from './errors.ts';

type Properties = Readonly<Record<string, unknown>>;

/** Properties that mean nothing to one machine in memory, and those that are passed on. */
const KNOWN = new Set([
  'TableName',
  'KeySchema',
  'AttributeDefinitions',
  'GlobalSecondaryIndexes',
  'StreamSpecification',
  'BillingMode',
  'TimeToLiveSpecification',
  'SSESpecification',
  'Replicas',
  'DeletionProtectionEnabled',
  'PointInTimeRecoverySpecification',
  'Tags',
]);

/** @returns the ARN of the table's stream, if it has one */
export const createTable = async (
  client: DynamoDBClient,
  name: string,
  properties: Properties,
): Promise<string | undefined> => {
  const stranger = Object.keys(properties).find((key) => !KNOWN.has(key));
  if (stranger !== undefined)
    throw new LocalCloudError(
      'UNSUPPORTED_PROPERTY',
      `Table ${name}: ${stranger} is not supported here`,
    );
  const stream = properties['StreamSpecification'] as { StreamViewType: string } | undefined;
  const input = {
    TableName: name,
    KeySchema: properties['KeySchema'],
    AttributeDefinitions: properties['AttributeDefinitions'],
    GlobalSecondaryIndexes: properties['GlobalSecondaryIndexes'],
    BillingMode: 'PAY_PER_REQUEST',
    ...(stream && { StreamSpecification: { StreamEnabled: true, ...stream } }),
    // The template's shape is CreateTable's; the server validates it.
  } as CreateTableCommandInput;
  const { TableDescription } = await client.send(new CreateTableCommand(input));
  return TableDescription?.LatestStreamArn;
};
