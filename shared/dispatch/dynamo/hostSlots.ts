/** Slots on the Hosts table: `H#<id>`/`SLOTS` maps the jobs that a host has to their leases. */
import { ConditionalCheckFailedException } from '@aws-sdk/client-dynamodb';
import { type DynamoDBDocumentClient, UpdateCommand } from '@aws-sdk/lib-dynamodb';
import { unmarshall } from '@aws-sdk/util-dynamodb';
import { HOSTS_TTL } from '#shared/contracts/hosts.ts';
import { LIMITS } from '#shared/kernel/limits.ts';
import type { Clock } from '#shared/kernel/ports.ts';
import type { Slot, Slots } from '../ports.ts';
import type { Performance } from '../selectHost.ts';

interface SlotsOptions {
  readonly client: DynamoDBDocumentClient;
  readonly table: string;
  readonly clock: Clock;
}

interface Held {
  readonly until: number;
  readonly token: string;
}

interface SlotsItem {
  readonly held?: Readonly<Record<string, Held>>;
  readonly success?: number;
  readonly jobs?: number;
}

const TRIES_MAX = 8;
/** Slots whose time is over that one write takes away. */
const CLEARED_MAX = 20;

const keyOf = (host: string) => ({ pk: `H#${host}`, sk: 'SLOTS' });

const recordOf = ({ success, jobs }: SlotsItem): Performance | undefined =>
  success === undefined || jobs === undefined ? undefined : { success, jobs };

const heldIn = ({ held = {} }: SlotsItem): number => Object.keys(held).length;

/** The item as it is now, and whether the write was let through. */
interface Wrote {
  readonly done: boolean;
  readonly item: SlotsItem;
}

interface Write {
  readonly set: readonly string[];
  readonly remove?: readonly string[];
  readonly condition: string;
  readonly names?: Readonly<Record<string, string>>;
  readonly values: Readonly<Record<string, unknown>>;
}

const write = async (
  { client, table, clock }: SlotsOptions,
  host: string,
  { set, remove = [], condition, names, values }: Write,
): Promise<Wrote> => {
  const removal = remove.length > 0 ? ` REMOVE ${remove.join(', ')}` : '';
  const expiresAt = Math.floor(clock.now() / 1_000) + LIMITS.slotsRetentionSeconds;
  const command = new UpdateCommand({
    TableName: table,
    Key: keyOf(host),
    UpdateExpression: `SET ${[...set, `${HOSTS_TTL} = :expiresAt`].join(', ')}${removal}`,
    ConditionExpression: condition,
    ...(names && { ExpressionAttributeNames: names }),
    ExpressionAttributeValues: { ...values, ':expiresAt': expiresAt },
    ReturnValues: 'ALL_NEW',
    ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
  });
  try {
    const { Attributes = {} } = await client.send(command);
    return { done: true, item: Attributes };
  } catch (error) {
    if (!(error instanceof ConditionalCheckFailedException)) throw error;
    return { done: false, item: error.Item ? unmarshall(error.Item) : {} };
  }
};

const heldOf = ({ until, token }: Slot): Held => ({ until, token });

/** Into the room that is left, or into its own place. */
const enter = (slot: Slot, concurrency: number): Write => ({
  set: ['held.#job = :slot'],
  condition: 'attribute_exists(held.#job) OR size(held) < :concurrency',
  names: { '#job': slot.jobId },
  values: { ':slot': heldOf(slot), ':concurrency': concurrency },
});

const first = (slot: Slot): Write => ({
  set: ['held = :held'],
  condition: 'attribute_not_exists(held)',
  values: { ':held': { [slot.jobId]: heldOf(slot) } },
});

/** In place of those whose time is over, if nobody has renewed them meanwhile. */
const replace = (
  slot: Slot,
  concurrency: number,
  stale: readonly (readonly [job: string, held: Held])[],
): Write => ({
  set: ['held.#job = :slot'],
  remove: stale.map((_, n) => `held.#stale${n}`),
  condition: ['size(held) < :room', ...stale.map((_, n) => `held.#stale${n} = :stale${n}`)].join(
    ' AND ',
  ),
  names: {
    '#job': slot.jobId,
    ...Object.fromEntries(stale.map(([job], n) => [`#stale${n}`, job])),
  },
  values: {
    ':slot': heldOf(slot),
    ':room': concurrency + stale.length,
    ...Object.fromEntries(stale.map(([, held], n) => [`:stale${n}`, held])),
  },
});

const nextTry = (
  { held }: SlotsItem,
  slot: Slot,
  concurrency: number,
  now: number,
): Write | undefined => {
  if (!held) return first(slot);
  const stale = Object.entries(held).filter(([, { until }]) => until + LIMITS.clockSkewMs < now);
  return stale.length > 0 ? replace(slot, concurrency, stale.slice(0, CLEARED_MAX)) : undefined;
};

export const createSlots = (options: SlotsOptions): Slots => ({
  take: async (host, slot, concurrency) => {
    let next: Write | undefined = enter(slot, concurrency);
    let item: SlotsItem = {};
    for (let tries = 0; next && tries < TRIES_MAX; tries += 1) {
      const wrote: Wrote = await write(options, host, next);
      item = wrote.item;
      if (wrote.done) return { taken: true, held: heldIn(item), record: recordOf(item) };
      const others = heldIn(item) < concurrency && item.held;
      // Somebody left, or cleared away what we would have: there is room now.
      next = others
        ? enter(slot, concurrency)
        : nextTry(item, slot, concurrency, options.clock.now());
    }
    return { taken: false, held: heldIn(item), record: recordOf(item) };
  },

  extend: async (host, slot) => {
    const { done } = await write(options, host, {
      set: ['held.#job.#until = :until'],
      condition: 'held.#job.#token = :token',
      names: { '#job': slot.jobId, '#until': 'until', '#token': 'token' },
      values: { ':until': slot.until, ':token': slot.token },
    });
    return done;
  },

  release: async (host, slot, record) => {
    // Refused when it is not there: it was never taken, ran out, or is another run's.
    await write(options, host, {
      set: record ? ['success = :success', 'jobs = :jobs'] : [],
      remove: ['held.#job'],
      condition: 'held.#job.#token = :token',
      names: { '#job': slot.jobId, '#token': 'token' },
      values: {
        ':token': slot.token,
        ...(record && { ':success': record.success, ':jobs': record.jobs }),
      },
    });
  },
});
