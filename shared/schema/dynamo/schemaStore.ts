/** SchemaStore on any of the tables: one item beside the others. */
import {
  ConditionalCheckFailedException,
  type DynamoDBClient,
  GetItemCommand,
  UpdateItemCommand,
} from '@aws-sdk/client-dynamodb';
import { SCHEMA_KEY } from '#shared/contracts/schemas.ts';
import type { SchemaStore } from '../ports.ts';
import { FIRST_SCHEMA } from '../standing.ts';

const KEY = { pk: { S: SCHEMA_KEY.pk }, sk: { S: SCHEMA_KEY.sk } };

/** The schema of this table. */
export const createSchemaStore = (client: DynamoDBClient, TableName: string): SchemaStore => ({
  read: async () => {
    const { Item } = await client.send(new GetItemCommand({ TableName, Key: KEY }));
    if (!Item) return FIRST_SCHEMA;
    return {
      schema: Number(Item['schema']?.N),
      minReader: Number(Item['minReader']?.N),
      finished: {
        at: Number(Item['at']?.N),
        by: Item['by']?.S ?? '',
        reason: Item['reason']?.S ?? '',
      },
    };
  },

  // Whose answer was lost finds the table raised, and is told so: nothing is done twice.
  raise: async (schema, { at, by, reason }) => {
    try {
      await client.send(
        new UpdateItemCommand({
          TableName,
          Key: KEY,
          UpdateExpression:
            'SET #schema = :schema, #minReader = :schema, #at = :at, #by = :by, #reason = :reason',
          ConditionExpression: 'attribute_not_exists(#schema) OR #schema < :schema',
          ExpressionAttributeNames: {
            '#schema': 'schema',
            '#minReader': 'minReader',
            '#at': 'at',
            '#by': 'by',
            '#reason': 'reason',
          },
          ExpressionAttributeValues: {
            ':schema': { N: String(schema) },
            ':at': { N: String(at) },
            ':by': { S: by },
            ':reason': { S: reason },
          },
        }),
      );
      return true;
    } catch (error) {
      if (error instanceof ConditionalCheckFailedException) return false;
      throw error;
    }
  },
});
