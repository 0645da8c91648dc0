/** A put that changes nothing when its condition fails. */
import { ConditionalCheckFailedException } from '@aws-sdk/client-dynamodb';
import { PutCommand } from '@aws-sdk/lib-dynamodb';
import type { HostsOptions } from './transaction.ts';

/** Makes a put. Its condition may refer to the item's `:seq`. */
export const conditionalPut =
  ({ client, table }: HostsOptions) =>
  async (Item: Record<string, unknown>, condition: string): Promise<void> => {
    try {
      await client.send(
        new PutCommand({
          TableName: table,
          Item,
          ConditionExpression: condition,
          ...(condition.includes(':seq') && { ExpressionAttributeValues: { ':seq': Item['seq'] } }),
        }),
      );
    } catch (error) {
      if (!(error instanceof ConditionalCheckFailedException)) throw error;
    }
  };
