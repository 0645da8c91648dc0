/** Ticks on the Jobs table: `SCHEDULE#<name>` / `LAST`. */
import { ConditionalCheckFailedException } from '@aws-sdk/client-dynamodb';
import { GetCommand, PutCommand } from '@aws-sdk/lib-dynamodb';
import type { Tick, Ticks } from '../ports/ticks.ts';
import type { StoreOptions } from './jobStore.ts';

const keyOf = (schedule: string) => ({ pk: `SCHEDULE#${schedule}`, sk: 'LAST' });

/** The last ticks of schedules in one Jobs table. */
export const createTicks = ({ client, table }: StoreOptions): Ticks => ({
  last: async (schedule) => {
    const { Item } = await client.send(
      new GetCommand({ TableName: table, Key: keyOf(schedule), ConsistentRead: true }),
    );
    return Item && ({ jobId: Item['jobId'], at: Item['at'] } as Tick);
  },

  advance: async (schedule, seen, next) => {
    const unchanged = seen ? 'jobId = :seen' : 'attribute_not_exists(pk)';
    try {
      await client.send(
        new PutCommand({
          TableName: table,
          Item: { ...keyOf(schedule), ...next },
          ConditionExpression: `${unchanged} OR jobId = :next`,
          ExpressionAttributeValues: { ...(seen && { ':seen': seen.jobId }), ':next': next.jobId },
        }),
      );
      return true;
    } catch (error) {
      if (error instanceof ConditionalCheckFailedException) return false;
      throw error;
    }
  },
});
