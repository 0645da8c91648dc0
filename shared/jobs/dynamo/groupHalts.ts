/**
 * Holds of groups: `GROUP#<priority>#<group>` / `HOLD`. The control item says until when there may
 * be holds.
 */
import { ConditionalCheckFailedException } from '@aws-sdk/client-dynamodb';
import { DeleteCommand, GetCommand, PutCommand, UpdateCommand } from '@aws-sdk/lib-dynamodb';
import { unmarshall } from '@aws-sdk/util-dynamodb';
import { CONTROL_KEY, JOBS_TTL } from '#shared/contracts/tables.ts';
import { LIMITS } from '#shared/kernel/limits.ts';
import type { GroupHalt, GroupHalts } from '../ports/groups.ts';
import type { StoreOptions } from './jobStore.ts';

const keyOf = (priority: string, group: string) => ({
  pk: `GROUP#${priority}#${group}`,
  sk: 'HOLD',
});

/** Longer than any wait, so that no hold expires too early. */
const KEPT_SECONDS = 2 * LIMITS.horizonSecondsMax;

const holdOf = (item: Record<string, unknown>): GroupHalt => ({
  last: String(item['last']),
  since: Number(item['since']),
  ...(item['before'] !== undefined && { before: String(item['before']) }),
});

const isSame = (a: GroupHalt, b: GroupHalt): boolean =>
  a.last === b.last && a.before === b.before && a.since === b.since;

/** undefined when the write was applied; else the item that stood in its way, or 'nothing'. */
const blockedBy = async (write: Promise<unknown>): Promise<GroupHalt | 'nothing' | undefined> => {
  try {
    await write;
    return undefined;
  } catch (error) {
    if (!(error instanceof ConditionalCheckFailedException)) throw error;
    return error.Item ? holdOf(unmarshall(error.Item)) : 'nothing';
  }
};

/** Holds of groups in one Jobs table. */
export const createGroupHalts = ({ client, table: TableName }: StoreOptions): GroupHalts => ({
  get: async (priority, group) => {
    const { Item } = await client.send(
      new GetCommand({ TableName, Key: keyOf(priority, group), ConsistentRead: true }),
    );
    return Item && holdOf(Item);
  },

  put: async (priority, group, seen, next) => {
    const blocker = await blockedBy(
      client.send(
        new PutCommand({
          TableName,
          Item: {
            ...keyOf(priority, group),
            ...next,
            [JOBS_TTL]: Math.floor(next.since / 1_000) + KEPT_SECONDS,
          },
          ConditionExpression: seen
            ? '#last = :last AND since = :since'
            : 'attribute_not_exists(pk)',
          ...(seen && {
            ExpressionAttributeNames: { '#last': 'last' },
            ExpressionAttributeValues: { ':last': seen.last, ':since': seen.since },
          }),
          ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
        }),
      ),
    );
    // When the same hold is there, the write was applied and only its answer was lost.
    return blocker === undefined || (blocker !== 'nothing' && isSame(blocker, next));
  },

  remove: async (priority, group, seen) => {
    await blockedBy(
      client.send(
        new DeleteCommand({
          TableName,
          Key: keyOf(priority, group),
          ConditionExpression: '#last = :last AND since = :since',
          ExpressionAttributeNames: { '#last': 'last' },
          ExpressionAttributeValues: { ':last': seen.last, ':since': seen.since },
        }),
      ),
    );
  },

  announce: async (until) => {
    await blockedBy(
      client.send(
        new UpdateCommand({
          TableName,
          Key: CONTROL_KEY,
          UpdateExpression: 'SET groupsHeldUntil = :until',
          ConditionExpression: 'attribute_not_exists(groupsHeldUntil) OR groupsHeldUntil < :until',
          ExpressionAttributeValues: { ':until': until },
        }),
      ),
    );
  },
});
