/** Limiter on DynamoDB: under `LIMIT#<source>`, one item for the rate and the first one for the slots. */

import { ConditionalCheckFailedException } from '@aws-sdk/client-dynamodb';
import { UpdateCommand } from '@aws-sdk/lib-dynamodb';
import { createSlotItems } from '#shared/aws/slotItems.ts';
import { JOBS_TTL } from '#shared/contracts/tables.ts';
import type { Clock, Random } from '#shared/kernel/ports.ts';
import type { Limiter } from '../ports/limits.ts';
import { advanceMs, type Rate, startsOf } from '../worker/waits/gcra.ts';
import type { StoreOptions } from './jobStore.ts';

interface LimiterOptions extends StoreOptions {
  readonly random: Random;
  readonly clock: Clock;
}

const DAY_SECONDS = 86_400;
const expiresAt = (until: number): number => Math.floor(until / 1_000) + DAY_SECONDS;

/** The key of a source's rate. */
export const rateKey = (source: string) => ({ pk: `LIMIT#${source}`, sk: 'RATE' });
/** The key of the first item of a source's slots. */
export const sourceSlotsKey = (source: string) => ({ pk: `LIMIT#${source}`, sk: 'SLOTS' });

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
          ':expiresAt': expiresAt(now + by),
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
  const slots = createSlotItems<number>({
    client,
    table,
    clock,
    random,
    firstKey: sourceSlotsKey,
    untilOf: (until) => until,
  });

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
      const wish = { owner: source, limit: concurrency, job: id, held: until };
      const { place } = await slots.take({ ...wish, expires: [JOBS_TTL, expiresAt(until)] });
      return place && { source, id, until, ...place };
    },

    leave: async ({ source, id, until, item }, whose) => {
      const isOurs = whose === 'ours';
      // A refusal is no fault: the slot was never taken, or its time was over and another job took
      // it.
      await slots.update(source, item, {
        remove: ['held.#job'],
        condition: isOurs ? 'held.#job = :held' : 'attribute_exists(held.#job)',
        names: { '#job': id },
        ...(isOurs && { values: { ':held': until } }),
      });
    },
  };
};
