/** Starts the probe runs of a minute: a message for each time that a shard is due. */
import type { Clock, Logger } from '#shared/kernel/ports.ts';
import type { HostRegistry, ProbeMessage, ProbeQueue } from '../ports.ts';
import { intervalOf } from '../registry/shard.ts';

const MINUTE_SECONDS = 60;
const MINUTE_MS = MINUTE_SECONDS * 1_000;

export interface FanOutDeps {
  readonly registry: Pick<HostRegistry, 'shards'>;
  readonly queue: ProbeQueue;
  readonly clock: Clock;
  readonly logger: Logger;
}

/**
 * Sends the messages. When this happens twice, the second messages find their probe runs claimed.
 *
 * @returns the number of probe runs
 */
export const fanOut = async (
  { at }: Extract<ProbeMessage, { kind: 'minute' }>,
  { registry, queue, clock, logger }: FanOutDeps,
): Promise<number> => {
  const minute = Math.floor(at / MINUTE_MS) * MINUTE_MS;
  const lateMs = clock.now() - minute;
  if (lateMs >= 2 * MINUTE_MS) {
    logger.warn('a minute came when it was over; its probe runs are left out', { minute, lateMs });
    return 0;
  }
  const shards = await registry.shards();
  const messages = shards.flatMap((shard) => {
    const interval = intervalOf(shard);
    return Array.from({ length: MINUTE_SECONDS / interval }, (_, run) => {
      const delaySeconds = run * interval;
      const message = { kind: 'shard', shard, at: minute + delaySeconds * 1_000 } as const;
      return { message, delaySeconds };
    });
  });
  // What is due first is sent first, because a hundred shards need many requests.
  await queue.send(messages.sort((a, b) => a.delaySeconds - b.delaySeconds));
  return messages.length;
};
