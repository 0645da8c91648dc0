/** ChainStore on the Jobs table: `CHAIN#<id>` / `CHAIN`. */
import { ConditionalCheckFailedException } from '@aws-sdk/client-dynamodb';
import { GetCommand, PutCommand } from '@aws-sdk/lib-dynamodb';
import { JOBS_TTL } from '#shared/contracts/tables.ts';
import { LIMITS } from '#shared/kernel/limits.ts';
import type { Chain } from '#shared/legacy/chains/guards.ts';
import type { ChainStore } from '../ports/jobs.ts';
import type { StoreOptions } from './jobStore.ts';

const keyOf = (id: string) => ({ pk: `CHAIN#${id}`, sk: 'CHAIN' });

/** Chains in one Jobs table; they expire a week after their start. */
export const createChainStore = ({ client, table }: StoreOptions): ChainStore => ({
  get: async (id) => {
    const { Item } = await client.send(
      new GetCommand({ TableName: table, Key: keyOf(id), ConsistentRead: true }),
    );
    if (!Item) return undefined;
    const { pk: _pk, sk: _sk, [JOBS_TTL]: _ttl, ...chain } = Item;
    return chain as unknown as Chain;
  },

  put: async (chain) => {
    const isFirst = chain.version === 1;
    const seconds = Math.floor(chain.startedAt / 1_000) + LIMITS.retentionFailedSeconds;
    try {
      await client.send(
        new PutCommand({
          TableName: table,
          Item: { ...keyOf(chain.id), ...chain, [JOBS_TTL]: seconds },
          ConditionExpression: isFirst ? 'attribute_not_exists(pk)' : 'version = :seen',
          ...(!isFirst && { ExpressionAttributeValues: { ':seen': chain.version - 1 } }),
        }),
      );
      return true;
    } catch (error) {
      if (error instanceof ConditionalCheckFailedException) return false;
      throw error;
    }
  },
});
