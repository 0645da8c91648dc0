/** StepStore on DynamoDB. */
import { DeleteCommand, PutCommand, UpdateCommand } from '@aws-sdk/lib-dynamodb';
import { JOBS_TTL, SIGNAL_PREFIX, STEP_PREFIX } from '#shared/contracts/tables.ts';
import { assert } from '#shared/kernel/assert.ts';
import { LIMITS } from '#shared/kernel/limits.ts';
import { mapPool } from '#shared/kernel/pool.ts';
import type { KeptStep, StepStore, StepsOf } from '../steps/kept.ts';
import type { StoreOptions } from './jobStore.ts';
import { WIDTH } from './readJobs.ts';
import { jobKey } from './recordItems.ts';
import {
  arrivalOf,
  behind,
  counts,
  itemsOf,
  OPEN,
  obstacleIn,
  refusedIn,
  type StepItem,
  signalItemKey,
  stepOf,
} from './stepItems.ts';

const putInput = (table: string, owner: StepsOf, step: KeptStep) => {
  const { messageId: of, generation, expiresAt } = owner;
  const { name, ...fields } = step;
  const again = generation > 0;
  const facts = { of, ...(again && { generation }), [JOBS_TTL]: expiresAt };
  // A person put the job back, so that what failed before is tried again.
  const failed =
    ' OR (attribute_exists(#error) AND (attribute_not_exists(generation) OR generation < :generation))';
  return {
    TableName: table,
    Item: { pk: jobKey(owner.id).pk, sk: `${STEP_PREFIX}${name}`, ...facts, ...fields },
    ConditionExpression: `attribute_not_exists(pk) OR #of <> :of${again ? failed : ''}`,
    ExpressionAttributeNames: { '#of': 'of', ...(again && { '#error': 'error' }) },
    ExpressionAttributeValues: { ':of': of, ...(again && { ':generation': generation }) },
    ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
  } as const;
};

/** What keeps steps for longer, and what deletes them. */
const upkeep = (options: StoreOptions): Pick<StepStore, 'renew' | 'drop'> => {
  const { client, table } = options;
  return {
    renew: async ({ id, expiresAt }, from) => {
      const items = await itemsOf(options, id, SIGNAL_PREFIX, behind(STEP_PREFIX));
      const old = items.filter((item) => Number(item[JOBS_TTL]) < from);
      await mapPool(old, WIDTH, ({ pk, sk }) =>
        client.send(
          new UpdateCommand({
            TableName: table,
            Key: { pk, sk },
            UpdateExpression: `SET ${JOBS_TTL} = :ttl`,
            ExpressionAttributeValues: { ':ttl': expiresAt },
          }),
        ),
      );
    },

    drop: async ({ id }, names) => {
      const { pk } = jobKey(id);
      const keys = names.flatMap((name) => [
        { pk, sk: `${STEP_PREFIX}${name}` },
        { pk, sk: `${SIGNAL_PREFIX}${name}` },
      ]);
      await mapPool(keys, WIDTH, (Key) =>
        client.send(new DeleteCommand({ TableName: table, Key })),
      );
    },
  };
};

/** The steps in one Jobs table. */
export const createStepStore = (options: StoreOptions): StepStore => {
  const { client, table } = options;
  return {
    ...upkeep(options),

    read: async (owner) => {
      const items = await itemsOf(options, owner.id, SIGNAL_PREFIX, behind(STEP_PREFIX));
      const isStep = ({ sk }: StepItem) => String(sk).startsWith(STEP_PREFIX);
      const ends = items.filter((item) => !isStep(item) && Number(item['at']) >= owner.since);
      const refused = ends.flatMap(refusedIn);
      return {
        steps: items.filter((item) => isStep(item) && counts(item, owner)).map(stepOf),
        arrivals: ends.flatMap((item) => arrivalOf(item) ?? []),
        ...(refused.length > 0 && { refused }),
      };
    },

    keep: async (owner, step) => {
      try {
        await client.send(new PutCommand(putInput(table, owner, step)));
        return step;
      } catch (error) {
        return stepOf(obstacleIn(error));
      }
    },

    timeOut: async ({ id, since, expiresAt }, name, at) => {
      try {
        await client.send(
          new UpdateCommand({
            TableName: table,
            Key: signalItemKey(id, name),
            UpdateExpression: `SET timedOut = :true, #at = :at, ${JOBS_TTL} = :ttl REMOVE signalId, #data, #by`,
            ConditionExpression: `(${OPEN}) OR #at < :since`,
            ExpressionAttributeNames: { '#at': 'at', '#data': 'data', '#by': 'by' },
            ExpressionAttributeValues: {
              ':true': true,
              ':at': at,
              ':ttl': expiresAt,
              ':since': since,
            },
            ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
          }),
        );
        return { kind: 'timeout', name, at };
      } catch (error) {
        const arrival = arrivalOf(obstacleIn(error));
        assert(arrival, 'a signal or a timeout stands in the way');
        return arrival;
      }
    },

    refuse: async ({ id }, { name, id: signalId, ...signal }, why) => {
      try {
        await client.send(
          new UpdateCommand({
            TableName: table,
            Key: signalItemKey(id, name),
            UpdateExpression:
              'SET refused = list_append(if_not_exists(refused, :none), :refused) REMOVE signalId, #data, #by',
            ConditionExpression:
              'signalId = :id AND (attribute_not_exists(refused) OR size(refused) < :most)',
            ExpressionAttributeNames: { '#data': 'data', '#by': 'by' },
            ExpressionAttributeValues: {
              ':none': [],
              ':refused': [{ id: signalId, ...signal, why }],
              ':id': signalId,
              ':most': LIMITS.signalsRefusedMax,
            },
          }),
        );
        return true;
      } catch (error) {
        obstacleIn(error);
        return false;
      }
    },

    arrived: async ({ id, since }) => {
      const items = await itemsOf(options, id, SIGNAL_PREFIX, behind(SIGNAL_PREFIX));
      return items
        .filter(({ at, signalId }) => signalId !== undefined && Number(at) >= since)
        .map(({ sk }) => String(sk).slice(SIGNAL_PREFIX.length));
    },
  };
};
