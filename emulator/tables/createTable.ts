/** Creates the template's tables on the table server, or checks those that were kept. */
import { isDeepStrictEqual } from 'node:util';
import {
  CreateTableCommand,
  type CreateTableCommandInput,
  DescribeTableCommand,
  type DynamoDBClient,
  ResourceInUseException,
  type TableDescription,
} from '@aws-sdk/client-dynamodb';
import { LocalCloudError } from '../errors.ts';

type Properties = Readonly<Record<string, unknown>>;

/** Properties that are passed on, and those that have no meaning on one machine. */
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

type Shape = Pick<
  TableDescription,
  'KeySchema' | 'AttributeDefinitions' | 'GlobalSecondaryIndexes' | 'StreamSpecification'
>;

const byName = (a: unknown, b: unknown): number => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1);

/** What this cloud does not change on an existing table. */
const shapeOf = ({ KeySchema, AttributeDefinitions, ...rest }: Shape): unknown => ({
  keys: KeySchema?.map(({ AttributeName, KeyType }) => [AttributeName, KeyType]),
  attributes: AttributeDefinitions?.map((each) => [each.AttributeName, each.AttributeType]).sort(
    byName,
  ),
  indexes: (rest.GlobalSecondaryIndexes ?? [])
    .map(({ IndexName, KeySchema: keys, Projection }) => [
      IndexName,
      keys?.map(({ AttributeName, KeyType }) => [AttributeName, KeyType]),
      Projection?.ProjectionType,
      [...(Projection?.NonKeyAttributes ?? [])].sort(),
    ])
    .sort(byName),
  view: rest.StreamSpecification?.StreamViewType,
});

const streamOfKept = async (
  client: DynamoDBClient,
  input: CreateTableCommandInput,
): Promise<string | undefined> => {
  const { TableName } = input;
  const { Table = {} } = await client.send(new DescribeTableCommand({ TableName }));
  if (isDeepStrictEqual(shapeOf(Table), shapeOf(input as Shape))) return Table.LatestStreamArn;
  throw new LocalCloudError(
    'DATA_FOLDER_UNKNOWN',
    `Table ${TableName} was kept with other keys, indexes or another stream than the template has. Nothing in it was touched. Name another folder, or use the version that wrote it.`,
  );
};

/**
 * Creates a table; a table that was kept must have the same keys, indexes and stream.
 *
 * @returns the ARN of the table's stream, if it has one
 * @throws LocalCloudError `UNSUPPORTED_PROPERTY` for an unknown property, `DATA_FOLDER_UNKNOWN` for
 *   a kept table of another shape
 */
export const createTemplateTable = async (
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
  try {
    const { TableDescription } = await client.send(new CreateTableCommand(input));
    return TableDescription?.LatestStreamArn;
  } catch (error) {
    if (error instanceof ResourceInUseException) return streamOfKept(client, input);
    throw error;
  }
};
