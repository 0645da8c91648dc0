/**
 * Slots of a source or a host in a table: an item maps jobs to what says until when each has its slot.
 * Taking and giving back are one conditional update each, and safe to repeat.
 */
import { ConditionalCheckFailedException } from '@aws-sdk/client-dynamodb';
import { UpdateCommand } from '@aws-sdk/lib-dynamodb';
import { unmarshall } from '@aws-sdk/util-dynamodb';
import { LIMITS } from '#shared/kernel/limits.ts';
import { createSpread, type Key, type SlotTable } from './slotSpread.ts';

type Item = Readonly<Record<string, unknown>>;

/** An update of an item. */
export interface SlotUpdate {
  readonly set?: readonly string[];
  readonly remove?: readonly string[];
  readonly condition: string;
  readonly names?: Readonly<Record<string, string>>;
  readonly values?: Readonly<Record<string, unknown>>;
}

/** Whether the update was let through, and the item as it was before. */
interface Updated {
  readonly done: boolean;
  readonly before: Item;
}

export interface SlotWish<Held> {
  readonly owner: string;
  readonly limit: number;
  readonly job: string;
  readonly held: Held;
  /** The time to live that the item gets: its attribute, and seconds since the epoch. */
  readonly expires: readonly [attribute: string, at: number];
  /** Into the job's own item, however full that is. */
  readonly beyond?: boolean;
  /** Called when an item gave no answer: the job may have its slot there. */
  readonly unanswered?: (item: number) => Promise<unknown>;
}

/** Where a job has its slot. */
export interface SlotPlace {
  readonly item: number;
  /** It had none there before. */
  readonly fresh: boolean;
}

const TRIES_MAX = 8;
/** Slots whose time is over that one update takes away. */
const CLEARED_MAX = 20;
const FULL_MAX = 10_000;

/** Where the items of a source or a host are, but for the first. */
export const slotKey = (owner: string, item: number): Key => ({
  pk: `SLOTS#${item}#${owner}`,
  sk: 'SLOTS',
});

const heldIn = (item: Item) => item['held'] as Readonly<Record<string, unknown>> | undefined;
const countOf = (item: Item): number => Object.keys(heldIn(item) ?? {}).length;

/** Into the room that is left, or into its own place. */
const enter = (job: string, held: unknown, capacity: number): SlotUpdate => ({
  set: ['held.#job = :held'],
  condition: 'attribute_exists(held.#job) OR size(held) < :capacity',
  names: { '#job': job },
  values: { ':held': held, ':capacity': capacity },
});

const begin = (job: string, held: unknown): SlotUpdate => ({
  set: ['held = :all'],
  condition: 'attribute_not_exists(held)',
  values: { ':all': { [job]: held } },
});

type Stale = readonly (readonly [job: string, held: unknown])[];

/** Takes away those whose time is over, if nobody has renewed them meanwhile. */
const clear = (stale: Stale) =>
  ({
    remove: stale.map((_, n) => `held.#stale${n}`),
    condition: stale.map((_, n) => `held.#stale${n} = :stale${n}`).join(' AND '),
    names: Object.fromEntries(stale.map(([job], n) => [`#stale${n}`, job])),
    values: Object.fromEntries(stale.map(([, held], n) => [`:stale${n}`, held])),
  }) satisfies SlotUpdate;

/** Takes the place of those whose time is over. */
const replace = (job: string, held: unknown, capacity: number, stale: Stale): SlotUpdate => {
  const { remove, condition, names, values } = clear(stale);
  return {
    set: ['held.#job = :held'],
    remove,
    condition: `size(held) < :room AND ${condition}`,
    names: { '#job': job, ...names },
    values: { ':held': held, ':room': capacity + stale.length, ...values },
  };
};

const updateSlots = async <Held>(
  { client, table, firstKey }: SlotTable<Held>,
  owner: string,
  item: number,
  update: SlotUpdate,
  expires?: SlotWish<Held>['expires'],
): Promise<Updated> => {
  const { set = [], remove = [], condition } = update;
  const sets = [...set, ...(expires ? [`${expires[0]} = :expiresAt`] : [])];
  const values = { ...update.values, ...(expires && { ':expiresAt': expires[1] }) };
  const command = new UpdateCommand({
    TableName: table,
    Key: item === 0 ? firstKey(owner) : slotKey(owner, item),
    UpdateExpression: [
      ...(sets.length > 0 ? [`SET ${sets.join(', ')}`] : []),
      ...(remove.length > 0 ? [`REMOVE ${remove.join(', ')}`] : []),
    ].join(' '),
    ConditionExpression: condition,
    ...(update.names && { ExpressionAttributeNames: update.names }),
    ...(Object.keys(values).length > 0 && { ExpressionAttributeValues: values }),
    ReturnValues: 'ALL_OLD',
    ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
  });
  try {
    const { Attributes = {} } = await client.send(command);
    return { done: true, before: Attributes };
  } catch (error) {
    if (!(error instanceof ConditionalCheckFailedException)) throw error;
    return { done: false, before: error.Item ? unmarshall(error.Item) : {} };
  }
};

interface Try {
  readonly update: SlotUpdate;
  /** The job has its slot when it is let through. */
  readonly takes: boolean;
}

/** What to try next with an item that refused the job; undefined when it is full. */
const nextTry = <Held>(
  before: Item,
  { job, held }: SlotWish<Held>,
  capacity: number,
  { clock, untilOf }: SlotTable<Held>,
): Try | undefined => {
  const all = heldIn(before);
  if (!all) return { update: begin(job, held), takes: true };
  // Somebody left, or cleared away what we would have: there is room now.
  if (countOf(before) < capacity) return { update: enter(job, held, capacity), takes: true };
  const stale = Object.entries(all)
    .filter(([, each]) => untilOf(each as Held) + LIMITS.clockSkewMs < clock.now())
    .slice(0, CLEARED_MAX);
  if (stale.length === 0) return undefined;
  return countOf(before) - stale.length < capacity
    ? { update: replace(job, held, capacity, stale), takes: true }
    : { update: clear(stale), takes: false };
};

const enterItem = async <Held>(
  options: SlotTable<Held>,
  item: number,
  wish: SlotWish<Held>,
  capacity: number,
): Promise<Updated> => {
  const first: Try = { update: enter(wish.job, wish.held, capacity), takes: true };
  let next: Try | undefined = first;
  let before: Item = {};
  for (let tries = 0; next && tries < TRIES_MAX; tries += 1) {
    const { update, takes }: Try = next;
    const updated: Updated = await updateSlots(options, wish.owner, item, update, wish.expires);
    ({ before } = updated);
    if (updated.done && takes) return updated;
    next = updated.done ? first : nextTry(before, wish, capacity, options);
  }
  return { done: false, before };
};

/** Items that were full a moment ago are not asked again: each look costs a write. */
const createMemory = ({ now }: { now(): number }) => {
  const full = new Map<string, { readonly until: number; readonly capacity: number }>();
  const nameOf = (owner: string, item: number) => `${item} ${owner}`;
  return {
    isFull: (owner: string, item: number, capacity: number): boolean => {
      const known = full.get(nameOf(owner, item));
      const isFull = known !== undefined && known.until > now() && capacity <= known.capacity;
      return isFull || capacity === 0;
    },
    full: (owner: string, item: number, capacity: number): void => {
      if (full.size >= FULL_MAX) full.clear();
      full.set(nameOf(owner, item), { until: now() + LIMITS.slotsFullMs, capacity });
    },
    forget: (owner: string, item: number): void => void full.delete(nameOf(owner, item)),
  };
};

/** Where an item does not answer, whoever asked may have something to do before that is told. */
const askItem = <Held>(
  options: SlotTable<Held>,
  item: number,
  wish: SlotWish<Held>,
  capacity: number,
): Promise<Updated> =>
  enterItem(options, item, wish, capacity).catch(async (error: unknown) => {
    // Where that fails too the slot is free again when its time is over.
    await wish.unanswered?.(item).catch(() => undefined);
    throw error;
  });

/**
 * Slots of owners (sources or hosts) in items of a bounded size. `take` is one conditional update,
 * with a few more on other items when the first is full; `update` is one update of an item.
 */
export const createSlotItems = <Held>(options: SlotTable<Held>) => {
  const layoutOf = createSpread(options);
  const memory = createMemory(options.clock);
  return {
    /**
     * Takes a slot, or finds none free; for the same job again it is the same one.
     * @returns also the item that was asked last, as it was before
     */
    take: async (
      wish: SlotWish<Held>,
    ): Promise<{ readonly place: SlotPlace | undefined; readonly before: Item }> => {
      const { owner, limit, job, beyond } = wish;
      const layout = await layoutOf(owner, limit);
      let before: Item = {};
      for (const item of layout.asked(job)) {
        const capacity = beyond ? Number.MAX_SAFE_INTEGER : layout.capacityOf(item);
        if (memory.isFull(owner, item, capacity)) continue;
        const updated = await askItem(options, item, wish, capacity);
        ({ before } = updated);
        const fresh = !Object.hasOwn(heldIn(before) ?? {}, job);
        if (updated.done) return { place: { item, fresh }, before };
        memory.full(owner, item, capacity);
      }
      return { place: undefined, before };
    },

    update: async (
      owner: string,
      item: number,
      update: SlotUpdate,
      expires?: SlotWish<Held>['expires'],
    ): Promise<boolean> => {
      memory.forget(owner, item);
      return (await updateSlots(options, owner, item, update, expires)).done;
    },
  };
};
