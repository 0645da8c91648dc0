/**
 * Over which items the slots of a source or a host are spread, and how many each has. Workers of
 * earlier versions know of the first item only. So from the first need on all slots stay in that one
 * for a while; what it holds beyond its share after that is taken off the other items.
 */
import { type DynamoDBDocumentClient, GetCommand, UpdateCommand } from '@aws-sdk/lib-dynamodb';
import { LIMITS } from '#shared/kernel/limits.ts';
import type { Clock, Random } from '#shared/kernel/ports.ts';
import { capacityOf, itemsToAsk } from '#shared/kernel/slotShards.ts';

export interface Key {
  readonly pk: string;
  readonly sk: string;
}

export interface SlotTable<Held> {
  readonly client: DynamoDBDocumentClient;
  readonly table: string;
  readonly clock: Clock;
  readonly random: Random;
  /** Where the first item of a source or a host is. */
  readonly firstKey: (owner: string) => Key;
  /** Until when a slot is held, in ms since the epoch. */
  readonly untilOf: (held: Held) => number;
}

export interface Layout {
  /** Items that a job asks, in this order. */
  asked(job: string): readonly number[];
  capacityOf(item: number): number;
}

/** One note for the whole table: from when on slots may be in several items. It stays for ever. */
const SPREAD_KEY: Key = { pk: 'SLOTS', sk: 'SPREAD' };
const OWNERS_MAX = 10_000;

const oneItem = (capacity: number): Layout => ({ asked: () => [0], capacityOf: () => capacity });

const noteSpread = async <Held>({ client, table, clock }: SlotTable<Held>): Promise<number> => {
  const { Attributes } = await client.send(
    new UpdateCommand({
      TableName: table,
      Key: SPREAD_KEY,
      UpdateExpression: 'SET spreadAt = if_not_exists(spreadAt, :at)',
      ExpressionAttributeValues: { ':at': clock.now() + LIMITS.slotsTogetherMs },
      ReturnValues: 'ALL_NEW',
    }),
  );
  return Number(Attributes?.['spreadAt']);
};

/** How many more than its share the first item holds. It gets no more of them: the number only falls. */
const readCrowd = async <Held>(
  { client, table, clock, firstKey, untilOf }: SlotTable<Held>,
  owner: string,
): Promise<number> => {
  const { Item } = await client.send(
    new GetCommand({ TableName: table, Key: firstKey(owner), ConsistentRead: true }),
  );
  const held = Object.values((Item?.['held'] ?? {}) as Record<string, Held>);
  const live = held.filter((each) => untilOf(each) + LIMITS.clockSkewMs >= clock.now());
  return Math.max(0, live.length - LIMITS.slotsPerItem);
};

/**
 * Tells into how many items the slots of an owner are spread at this time. For an hour after the
 * first need all slots stay in the first item, so that workers of the version before count them too.
 */
export const createSpread = <Held>(options: SlotTable<Held>) => {
  const { clock, random } = options;
  const crowds = new Map<string, { readonly at: number; readonly crowd: Promise<number> }>();
  let spread: Promise<number> | undefined;

  const spreadAt = (): Promise<number> => {
    spread ??= noteSpread(options).catch((error: unknown) => {
      spread = undefined;
      throw error;
    });
    return spread;
  };

  const crowdOf = (owner: string): Promise<number> => {
    const at = clock.now();
    const known = crowds.get(owner);
    if (known && at - known.at <= LIMITS.controlFreshMs) return known.crowd;
    if (crowds.size >= OWNERS_MAX) crowds.clear();
    const crowd = readCrowd(options, owner).catch((error: unknown) => {
      crowds.delete(owner);
      throw error;
    });
    crowds.set(owner, { at, crowd });
    return crowd;
  };

  return async (owner: string, limit: number): Promise<Layout> => {
    if (limit <= LIMITS.slotsPerItem) return oneItem(limit);
    const sinceMs = clock.now() - (await spreadAt());
    if (sinceMs < 0) return oneItem(Math.min(limit, LIMITS.slotsInOneItemMax));
    if (sinceMs < LIMITS.slotsSettleMs) return oneItem(LIMITS.slotsPerItem);
    const crowd = await crowdOf(owner);
    return {
      asked: (job) => itemsToAsk(job, limit, random),
      capacityOf: (item) => capacityOf(item === 0 ? limit : limit - crowd, item),
    };
  };
};
