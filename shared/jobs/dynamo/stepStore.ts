/** Kept steps: `pk = JOB#<id>`, `sk = STEP#<name>`. */
import { ConditionalCheckFailedException } from '@aws-sdk/client-dynamodb';
import { PutCommand, QueryCommand } from '@aws-sdk/lib-dynamodb';
import { unmarshall } from '@aws-sdk/util-dynamodb';
import { JOBS_TTL } from '#shared/contracts/tables.ts';
import { assert } from '#shared/kernel/assert.ts';
import type { KeptStep, StepStore, StepsOf } from '../steps/kept.ts';
import type { StoreOptions } from './jobStore.ts';
import { jobKey } from './recordItems.ts';

const STEP = 'STEP#';

type Item = Readonly<Record<string, unknown>>;

const stepOf = (item: Item): KeptStep => {
  const { pk: _pk, sk, of: _of, generation: _generation, [JOBS_TTL]: _ttl, ...fields } = item;
  return { ...fields, name: String(sk).slice(STEP.length) } as unknown as KeptStep;
};

/** An earlier job with the id may have left its own, which DynamoDB deletes late. */
const counts = ({ of, error, generation }: Item, owner: StepsOf): boolean =>
  of === owner.messageId && (error === undefined || (generation ?? 0) === owner.generation);

/** The steps in one Jobs table. */
export const createStepStore = ({ client, table }: StoreOptions): StepStore => ({
  read: async (owner) => {
    const items: Item[] = [];
    let from: Item | undefined;
    do {
      const page = await client.send(
        new QueryCommand({
          TableName: table,
          // What the last run kept must be seen.
          ConsistentRead: true,
          KeyConditionExpression: 'pk = :pk AND sk BETWEEN :first AND :last',
          ExpressionAttributeValues: {
            ':pk': jobKey(owner.id).pk,
            ':first': STEP,
            ':last': 'STEP$',
          },
          ...(from && { ExclusiveStartKey: from }),
        }),
      );
      items.push(...(page.Items ?? []));
      from = page.LastEvaluatedKey;
    } while (from);
    return items.filter((item) => counts(item, owner)).map(stepOf);
  },

  keep: async ({ id, messageId: of, generation, expiresAt }, step) => {
    const { name, ...fields } = step;
    const { pk } = jobKey(id);
    const facts = { of, ...(generation > 0 && { generation }), [JOBS_TTL]: expiresAt };
    try {
      await client.send(
        new PutCommand({
          TableName: table,
          Item: { pk, sk: `${STEP}${name}`, ...facts, ...fields },
          ConditionExpression: `attribute_not_exists(pk) OR #of <> :of${generation > 0 ? ' OR (attribute_exists(#error) AND (attribute_not_exists(generation) OR generation < :generation))' : ''}`,
          ExpressionAttributeNames: { '#of': 'of', ...(generation > 0 && { '#error': 'error' }) },
          ExpressionAttributeValues: {
            ':of': of,
            ...(generation > 0 && { ':generation': generation }),
          },
          ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
        }),
      );
      return step;
    } catch (error) {
      if (!(error instanceof ConditionalCheckFailedException)) throw error;
      assert(error.Item, 'a kept step stands in the way');
      return stepOf(unmarshall(error.Item));
    }
  },
});
