/**
 * Items of kept steps: `pk = JOB#<id>`, `sk = STEP#<name>`. What ended a wait for a signal: `sk =
 * SIGNAL#<name>`, one item for each name, so that the first end is the only one.
 */
import { ConditionalCheckFailedException } from '@aws-sdk/client-dynamodb';
import { QueryCommand } from '@aws-sdk/lib-dynamodb';
import { unmarshall } from '@aws-sdk/util-dynamodb';
import { JOBS_TTL, SIGNAL_PREFIX, STEP_PREFIX } from '#shared/contracts/tables.ts';
import type { Arrival, KeptStep, RefusedSignal, StepsOf } from '../steps/kept.ts';
import type { StoreOptions } from './jobStore.ts';
import { jobKey } from './recordItems.ts';

/** An item as it is read. */
export type StepItem = Readonly<Record<string, unknown>>;

/** The first sort key behind all that begin with a prefix that ends with "#". */
export const behind = (prefix: string): string => `${prefix.slice(0, -1)}$`;

/** The step of an item. */
export const stepOf = (item: StepItem): KeptStep => {
  const { pk: _pk, sk, of: _of, generation: _generation, [JOBS_TTL]: _ttl, ...fields } = item;
  return { ...fields, name: String(sk).slice(STEP_PREFIX.length) } as unknown as KeptStep;
};

/** What ended the wait; undefined: the item only tells of signals that were refused. */
export const arrivalOf = ({
  sk,
  at,
  signalId,
  timedOut,
  data,
  by,
}: StepItem): Arrival | undefined => {
  const name = String(sk).slice(SIGNAL_PREFIX.length);
  const when = Number(at);
  if (timedOut) return { kind: 'timeout', name, at: when };
  if (signalId === undefined) return undefined;
  const signal = { name, id: String(signalId), data: String(data), at: when, by: String(by) };
  return { kind: 'signal', signal };
};

/** The signals of a wait that its schema refused, in their order. */
export const refusedIn = ({ sk, refused = [] }: StepItem): readonly RefusedSignal[] => {
  const name = String(sk).slice(SIGNAL_PREFIX.length);
  return (refused as readonly Omit<RefusedSignal, 'name'>[]).map((each) => ({ ...each, name }));
};

/** An earlier job with the id may have left its own, which DynamoDB deletes late. */
export const counts = ({ of, error, generation }: StepItem, owner: StepsOf): boolean =>
  of === owner.messageId && (error === undefined || (generation ?? 0) === owner.generation);

/** All items of a job between two sort keys. */
export const itemsOf = async (
  { client, table }: StoreOptions,
  id: string,
  first: string,
  last: string,
): Promise<readonly StepItem[]> => {
  const items: StepItem[] = [];
  let from: StepItem | undefined;
  do {
    const page = await client.send(
      new QueryCommand({
        TableName: table,
        // What the last run kept must be seen.
        ConsistentRead: true,
        KeyConditionExpression: 'pk = :pk AND sk BETWEEN :first AND :last',
        ExpressionAttributeValues: {
          ':pk': jobKey(id).pk,
          ':first': first,
          ':last': last,
        },
        ...(from && { ExclusiveStartKey: from }),
      }),
    );
    items.push(...(page.Items ?? []));
    from = page.LastEvaluatedKey;
  } while (from);
  return items;
};

/** The item that made a condition fail. Throws any other error again. */
export const obstacleIn = (error: unknown): StepItem => {
  if (!(error instanceof ConditionalCheckFailedException)) throw error;
  return error.Item ? unmarshall(error.Item) : {};
};

/** The key of what ended the waits for signals of a name. */
export const signalItemKey = (id: string, name: string) => ({
  pk: jobKey(id).pk,
  sk: `${SIGNAL_PREFIX}${name}`,
});

/** No signal and no timeout has come under the name yet. */
export const OPEN = 'attribute_not_exists(signalId) AND attribute_not_exists(timedOut)';
