/** The last fault of the mesh that kept a job undecided: `pk = JOB#<id>`, `sk = FAULT`. */
import { ConditionalCheckFailedException } from '@aws-sdk/client-dynamodb';
import { GetCommand, QueryCommand, UpdateCommand } from '@aws-sdk/lib-dynamodb';
import { readAll } from '#shared/aws/itemBatches.ts';
import { ATTENTION_INDEX, JOBS_TTL } from '#shared/contracts/tables.ts';
import { LIMITS } from '#shared/kernel/limits.ts';
import { type FaultLog, isOver, type Undecided } from '../record/undecided.ts';
import type { StoreOptions } from './jobStore.ts';
import { readJobs, WIDTH } from './readJobs.ts';
import { jobKey } from './recordItems.ts';
import { assignments } from './updateExpressions.ts';

const keyOf = (id: string) => ({ pk: jobKey(id).pk, sk: 'FAULT' });
/** The key of faults in the attention index. */
const UNDECIDED = 'UNDECIDED';

const faultOf = (item: Readonly<Record<string, unknown>>): Undecided => {
  const { id, messageId, code, message, receives, [ATTENTION_INDEX.sort]: at } = item;
  return { id, messageId, code, message, receives, at } as Undecided;
};

/** Faults in one Jobs table; they expire after a week. */
export const createFaultLog = (options: StoreOptions): FaultLog => {
  const { client, table } = options;
  return {
    note: async ({ at, ...fault }) => {
      const input = assignments({
        ...fault,
        [ATTENTION_INDEX.key]: UNDECIDED,
        [ATTENTION_INDEX.sort]: at,
        [JOBS_TTL]: Math.floor(at / 1_000) + LIMITS.retentionFailedSeconds,
      });
      try {
        await client.send(
          new UpdateCommand({
            TableName: table,
            Key: keyOf(fault.id),
            ...input,
            ConditionExpression: `attribute_not_exists(pk) OR #${ATTENTION_INDEX.sort} < :${ATTENTION_INDEX.sort}`,
          }),
        );
      } catch (error) {
        // This fault or a newer one is there already.
        if (!(error instanceof ConditionalCheckFailedException)) throw error;
      }
    },

    get: async (id) => {
      const { Item } = await client.send(
        new GetCommand({ TableName: table, Key: keyOf(id), ConsistentRead: true }),
      );
      return Item ? faultOf(Item) : undefined;
    },

    list: async (limit) => {
      const { Items = [] } = await client.send(
        new QueryCommand({
          TableName: table,
          IndexName: ATTENTION_INDEX.name,
          KeyConditionExpression: '#key = :undecided',
          ExpressionAttributeNames: { '#key': ATTENTION_INDEX.key },
          ExpressionAttributeValues: { ':undecided': UNDECIDED },
          ScanIndexForward: false,
          Limit: limit,
        }),
      );
      const keys = Items.map(({ pk, sk }) => ({ pk: String(pk), sk: String(sk) }));
      const [items, records] = await Promise.all([
        readAll(options, keys, { width: WIDTH }),
        readJobs(
          options,
          keys.map(({ pk }) => ({ pk, sk: jobKey('').sk })),
        ),
      ]);
      const rows = new Map(records.map((record) => [record.id, record]));
      return items
        .map(faultOf)
        .filter((fault) => {
          const row = rows.get(fault.id);
          return !isOver(fault, row?.status === undefined ? undefined : row);
        })
        .sort((a, b) => b.at - a.at);
    },
  };
};
