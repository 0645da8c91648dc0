/** The delivery log of a job's callback: `pk = JOB#<id>`, `sk = DELIVERY`, and the signing secret. */
import { randomBytes } from 'node:crypto';
import { ConditionalCheckFailedException } from '@aws-sdk/client-dynamodb';
import { GetCommand, PutCommand, QueryCommand, UpdateCommand } from '@aws-sdk/lib-dynamodb';
import { ATTENTION_INDEX, JOBS_TTL } from '#shared/contracts/tables.ts';
import { LIMITS } from '#shared/kernel/limits.ts';
import type { DeliveryLog, DeliveryState, Secrets } from '../ports.ts';
import { jobKey } from './codec.ts';
import { assignments } from './expressions.ts';
import type { StoreOptions } from './store.ts';

const keyOf = (id: string) => ({ pk: jobKey(id).pk, sk: 'DELIVERY' });
const FAILED = 'CALLBACK_FAILED';
const SECRET = { pk: 'SECRET', sk: 'CALLBACK' };

export const createDeliveryLog = ({ client, table }: StoreOptions): DeliveryLog => ({
  add: async (record, tried, nextAt) => {
    const known = await client.send(
      new GetCommand({ TableName: table, Key: keyOf(record.id), ConsistentRead: true }),
    );
    const before = (known.Item as DeliveryState | undefined)?.tries ?? [];
    const fields = {
      state: tried.state,
      tries: [...before, tried].slice(-LIMITS.callbackTriesKept),
      url: record.callback,
      nextAt,
      [ATTENTION_INDEX.key]: tried.state === 'FAILED' ? FAILED : undefined,
      [ATTENTION_INDEX.sort]: tried.at,
      [JOBS_TTL]: Math.floor(tried.at / 1_000) + LIMITS.retentionTombstoneSeconds,
    };
    const input = assignments(fields, ['nextAt', ATTENTION_INDEX.key]);
    await client.send(
      new UpdateCommand({
        TableName: table,
        Key: keyOf(record.id),
        UpdateExpression: `${input.UpdateExpression} ADD #count :one`,
        ExpressionAttributeNames: { ...input.ExpressionAttributeNames, '#count': 'count' },
        ExpressionAttributeValues: { ...input.ExpressionAttributeValues, ':one': 1 },
      }),
    );
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

interface SecretItem {
  readonly current: string;
  readonly previous?: string;
}

const fresh = (): string => `whsec_${randomBytes(32).toString('base64url')}`;

/** Made at its first use, by whoever is first. */
export const createSecrets = ({ client, table }: StoreOptions): Secrets => {
  const read = async (): Promise<SecretItem | undefined> => {
    const { Item } = await client.send(
      new GetCommand({ TableName: table, Key: SECRET, ConsistentRead: true }),
    );
    return Item as SecretItem | undefined;
  };
  const ensure = async (): Promise<SecretItem> => {
    const known = await read();
    if (known) return known;
    try {
      const Item = { ...SECRET, current: fresh() };
      const ConditionExpression = 'attribute_not_exists(pk)';
      await client.send(new PutCommand({ TableName: table, Item, ConditionExpression }));
      return Item;
    } catch (error) {
      if (!(error instanceof ConditionalCheckFailedException)) throw error;
      return ensure();
    }
  };
  return {
    callback: async () => {
      const { current, previous } = await ensure();
      return previous === undefined ? [current] : [current, previous];
    },
    rotate: async () => {
      const { current: previous } = await ensure();
      const current = fresh();
      await client.send(
        new PutCommand({
          TableName: table,
          Item: { ...SECRET, current, previous },
          ConditionExpression: '#current = :previous',
          ExpressionAttributeNames: { '#current': 'current' },
          ExpressionAttributeValues: { ':previous': previous },
        }),
      );
      return current;
    },
  };
};
