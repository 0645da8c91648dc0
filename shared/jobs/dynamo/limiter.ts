/** Limiter on DynamoDB: under `LIMIT#<source>`, one item for the rate and one for the slots. */

import { ConditionalCheckFailedException } from '@aws-sdk/client-dynamodb';
import { GetCommand, UpdateCommand } from '@aws-sdk/lib-dynamodb';
import { JOBS_TTL } from '#shared/contracts/tables.ts';
import { doubled, fullJitter } from '#shared/kernel/backoff.ts';
import { type Clock, type Random, systemSleep } from '#shared/kernel/ports.ts';
import type { Limiter } from '../ports/jobs.ts';
import { advanceMs, type Rate, startsOf } from '../worker/gcra.ts';
import type { StoreOptions } from './jobStore.ts';

interface LimiterOptions extends StoreOptions {
  readonly random: Random;
  readonly clock: Clock;
}

const DAY_SECONDS = 86_400;
/** The wait before the slots are read again, in ms; doubled with each try. */
const PAUSE_MS = 20;
const TRIES_MAX = 8;

const rateKey = (source: string) => ({ pk: `LIMIT#${source}`, sk: 'RATE' });
const slotsKey = (source: string) => ({ pk: `LIMIT#${source}`, sk: 'SLOTS' });

const accepted = async (write: Promise<unknown>): Promise<boolean> => {
  try {
    await write;
    return true;
  } catch (error) {
    if (error instanceof ConditionalCheckFailedException) return false;
    throw error;
  }
};

/**
 * Moves a source's arrival time on by `by` ms. Returns the time before, which is at least `now`.
 */
const advance = async (
  { client, table }: StoreOptions,
  source: string,
  by: number,
  now: number,
): Promise<number> => {
  const update = (expression: string, condition: string, values: Record<string, number>) =>
    client.send(
      new UpdateCommand({
        TableName: table,
        Key: rateKey(source),
        UpdateExpression: `SET ${expression}, ${JOBS_TTL} = :expiresAt`,
        ConditionExpression: condition,
        ExpressionAttributeValues: {
          ...values,
          ':now': now,
          ':expiresAt': Math.floor((now + by) / 1_000) + DAY_SECONDS,
        },
        ReturnValues: 'UPDATED_NEW',
      }),
    );
  for (;;) {
    // A busy source mostly has its arrival time in the future, so this case is tried first.
    try {
      const { Attributes } = await update('tat = tat + :by', 'tat > :now', { ':by': by });
      return Number(Attributes?.['tat']) - by;
    } catch (error) {
      if (!(error instanceof ConditionalCheckFailedException)) throw error;
    }
    const values = { ':tat': now + by };
    const idle = 'attribute_not_exists(tat) OR tat <= :now';
    if (await accepted(update('tat = :tat', idle, values))) return now;
  }
};

/** By job id: until when the job holds its slot, in ms since the epoch. */
type Slots = Readonly<Record<string, number>>;

const readSlots = async ({ client, table }: StoreOptions, source: string): Promise<Slots> => {
  const { Item } = await client.send(
    new GetCommand({ TableName: table, Key: slotsKey(source), ConsistentRead: true }),
  );
  return (Item?.['held'] ?? {}) as Slots;
};

/** Writes the slots; false when they are no longer those that were `seen`. */
const replaceSlots = (
  { client, table }: StoreOptions,
  source: string,
  seen: Slots,
  next: Slots,
  until: number,
): Promise<boolean> => {
  const isEmpty = Object.keys(seen).length === 0;
  return accepted(
    client.send(
      new UpdateCommand({
        TableName: table,
        Key: slotsKey(source),
        UpdateExpression: `SET held = :next, ${JOBS_TTL} = :expiresAt`,
        ConditionExpression: isEmpty
          ? 'attribute_not_exists(held) OR held = :seen'
          : 'held = :seen',
        ExpressionAttributeValues: {
          ':seen': seen,
          ':next': next,
          ':expiresAt': Math.floor(until / 1_000) + DAY_SECONDS,
        },
      }),
    ),
  );
};

interface Waiting {
  readonly resolve: (startAt: number) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * The limits of sources in one Jobs table. `enter` gives up, as if full, after eight lost races.
 */
export const createLimiter = ({ random, clock, ...options }: LimiterOptions): Limiter => {
  const { client, table } = options;
  const asking = new Map<string, Waiting[]>();

  /** All jobs that asked in the same turn of the event loop share one write. */
  const flush = async (source: string, rate: Rate, now: number): Promise<void> => {
    const waiting = asking.get(source) ?? [];
    asking.delete(source);
    try {
      const base = await advance(options, source, advanceMs(rate, waiting.length), now);
      const starts = startsOf(rate, base, now, waiting.length);
      waiting.forEach(({ resolve }, index) => {
        resolve(starts[index] ?? now);
      });
    } catch (error) {
      for (const { reject } of waiting) reject(error);
    }
  };

  return {
    reserve: (source, limits, now) =>
      new Promise((resolve, reject) => {
        const rate = { perMinute: limits.perMinute ?? 1, burst: limits.burst ?? 1 };
        const waiting = asking.get(source);
        if (waiting) waiting.push({ resolve, reject });
        else {
          asking.set(source, [{ resolve, reject }]);
          setImmediate(() => void flush(source, rate, now));
        }
      }),

    enter: async (source, concurrency, id, until) => {
      for (let tries = 0; tries < TRIES_MAX; tries += 1) {
        if (tries > 0) await systemSleep(fullJitter(doubled(PAUSE_MS, tries), random));
        const held = await readSlots(options, source);
        const now = clock.now();
        const others = Object.entries(held).filter(([who, ends]) => who !== id && ends > now);
        if (others.length >= concurrency) return false;
        const next = Object.fromEntries([...others, [id, until]]);
        if (await replaceSlots(options, source, held, next, until)) return true;
      }
      return false;
    },

    leave: async (source, id) => {
      const remove = client.send(
        new UpdateCommand({
          TableName: table,
          Key: slotsKey(source),
          UpdateExpression: 'REMOVE held.#id',
          ConditionExpression: 'attribute_exists(held.#id)',
          ExpressionAttributeNames: { '#id': id },
        }),
      );
      // A refusal is no fault: the slot was never taken, or its time was over and another job took
      // it.
      await accepted(remove);
    },
  };
};
