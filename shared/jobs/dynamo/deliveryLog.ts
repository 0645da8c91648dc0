/** The delivery log of a job's callback: `pk = JOB#<id>`, `sk = DELIVERY`. */
import { ConditionalCheckFailedException } from '@aws-sdk/client-dynamodb';
import { GetCommand, QueryCommand, UpdateCommand } from '@aws-sdk/lib-dynamodb';
import { ATTENTION_INDEX, JOBS_TTL } from '#shared/contracts/tables.ts';
import { LIMITS } from '#shared/kernel/limits.ts';
import type { DeliveryLog, DeliveryState, Try } from '../ports/jobs.ts';
import type { JobRecord } from '../record/record.ts';
import type { StoreOptions } from './jobStore.ts';
import { jobKey } from './recordItems.ts';
import { assignments } from './updateExpressions.ts';

const keyOf = (id: string) => ({ pk: jobKey(id).pk, sk: 'DELIVERY' });
const FAILED = 'CALLBACK_FAILED';
type LoggedTry = Try & { readonly nextAt?: number };
interface Logged {
  readonly count: number;
  readonly tries: readonly LoggedTry[];
}

/**
 * Adds a try in the order of time, because a reporter that was frozen may write an old try late.
 */
const merged = (before: readonly LoggedTry[], tried: LoggedTry): readonly LoggedTry[] =>
  [...before, tried].sort((a, b) => a.at - b.at).slice(-LIMITS.callbackTriesKept);

const addInput = (
  table: string,
  record: Pick<JobRecord, 'id' | 'callback'>,
  known: Logged | undefined,
  tried: LoggedTry,
) => {
  const tries = merged(known?.tries ?? [], tried);
  const { state, nextAt, at } = tries.at(-1) ?? tried;
  const fields = {
    state,
    tries,
    nextAt,
    url: record.callback,
    count: (known?.count ?? 0) + 1,
    [ATTENTION_INDEX.key]: state === 'FAILED' ? FAILED : undefined,
    [ATTENTION_INDEX.sort]: at,
    [JOBS_TTL]: Math.floor(at / 1_000) + LIMITS.retentionTombstoneSeconds,
  };
  const input = assignments(fields, ['nextAt', ATTENTION_INDEX.key]);
  return {
    TableName: table,
    Key: keyOf(record.id),
    ...input,
    ConditionExpression: known ? '#count = :seen' : 'attribute_not_exists(pk)',
    ExpressionAttributeValues: {
      ...input.ExpressionAttributeValues,
      ...(known && { ':seen': known.count }),
    },
  };
};

/**
 * Delivery logs in one Jobs table. A log whose last try failed for good is in the attention index.
 */
export const createDeliveryLog = ({ client, table }: StoreOptions): DeliveryLog => ({
  add: async (record, tried, nextAt) => {
    const logged = { ...tried, ...(nextAt !== undefined && { nextAt }) };
    for (;;) {
      const { Item } = await client.send(
        new GetCommand({ TableName: table, Key: keyOf(record.id), ConsistentRead: true }),
      );
      try {
        const input = addInput(table, record, Item as Logged | undefined, logged);
        await client.send(new UpdateCommand(input));
        return;
      } catch (error) {
        // Another reporter wrote in between: read its tries and merge again.
        if (!(error instanceof ConditionalCheckFailedException)) throw error;
      }
    }
  },

  get: async (id) => {
    const { Item } = await client.send(
      new GetCommand({ TableName: table, Key: keyOf(id), ConsistentRead: true }),
    );
    return Item ? ({ ...Item, id } as unknown as DeliveryState) : undefined;
  },

  failed: async (limit) => {
    const { Items = [] } = await client.send(
      new QueryCommand({
        TableName: table,
        IndexName: ATTENTION_INDEX.name,
        KeyConditionExpression: '#key = :failed',
        ExpressionAttributeNames: { '#key': ATTENTION_INDEX.key },
        ExpressionAttributeValues: { ':failed': FAILED },
        Limit: limit,
      }),
    );
    return Items.map(({ pk }) => String(pk).slice('JOB#'.length));
  },
});
