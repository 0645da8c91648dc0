/** Slots on the Hosts table: `H#<id>`/`SLOTS` maps the jobs that a host has to their leases, and so do its further items. */
import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { createSlotItems } from '#shared/aws/slotItems.ts';
import { HOSTS_TTL } from '#shared/contracts/hosts.ts';
import { LIMITS } from '#shared/kernel/limits.ts';
import type { Clock, Random } from '#shared/kernel/ports.ts';
import type { Slot, Slots } from '../ports.ts';
import type { Performance } from '../selectHost.ts';

interface SlotsOptions {
  readonly client: DynamoDBDocumentClient;
  readonly table: string;
  readonly clock: Clock;
  readonly random: Random;
}

interface Held {
  readonly until: number;
  readonly token: string;
}

const recordOf = ({ success, jobs }: Readonly<Record<string, unknown>>): Performance | undefined =>
  success === undefined || jobs === undefined
    ? undefined
    : { success: Number(success), jobs: Number(jobs) };

/** The key of the first item of a host's slots. */
export const hostSlotsKey = (host: string) => ({ pk: `H#${host}`, sk: 'SLOTS' });

const heldOf = ({ until, token }: Slot): Held => ({ until, token });

/** Slots of hosts in this table: each is held by a job, until the end of its lease. */
export const createSlots = (options: SlotsOptions): Slots => {
  const items = createSlotItems<Held>({
    ...options,
    firstKey: hostSlotsKey,
    untilOf: ({ until }) => until,
  });
  const expires = () =>
    [HOSTS_TTL, Math.floor(options.clock.now() / 1_000) + LIMITS.slotsRetentionSeconds] as const;
  const release: Slots['release'] = async (host, slot, item, record) => {
    // Refused when it is not there: it was never taken, ran out, or is another run's.
    const change = {
      set: record ? ['success = :success', 'jobs = :jobs'] : [],
      remove: ['held.#job'],
      condition: 'held.#job.#token = :token',
      names: { '#job': slot.jobId, '#token': 'token' },
      values: {
        ':token': slot.token,
        ...(record && { ':success': record.success, ':jobs': record.jobs }),
      },
    };
    await items.update(host, item, change, expires());
  };
  return {
    take: async (host, slot, { concurrency, beyond }) => {
      const { place, before } = await items.take({
        owner: host,
        limit: concurrency,
        job: slot.jobId,
        held: heldOf(slot),
        beyond,
        expires: expires(),
        unanswered: (item) => release(host, slot, item, undefined),
      });
      return { item: place?.item, record: recordOf(before) };
    },

    extend: (host, slot, item) => {
      const change = {
        set: ['held.#job.#until = :until'],
        condition: 'held.#job.#token = :token',
        names: { '#job': slot.jobId, '#until': 'until', '#token': 'token' },
        values: { ':until': slot.until, ':token': slot.token },
      };
      return items.update(host, item, change, expires());
    },

    release,
  };
};
