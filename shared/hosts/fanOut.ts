/** The minute's turns: a message for each time that a shard is due within it. */
import type { HostRegistry, ProbeMessage, ProbeQueue } from './ports.ts';
import { intervalOf } from './shard.ts';

const MINUTE_SECONDS = 60;

/** Done twice, the second messages find their turns claimed. @returns how many turns */
export const fanOut = async (
  { at }: Extract<ProbeMessage, { kind: 'minute' }>,
  {
    registry,
    queue,
  }: { readonly registry: Pick<HostRegistry, 'shards'>; readonly queue: ProbeQueue },
): Promise<number> => {
  const minute = Math.floor(at / (MINUTE_SECONDS * 1_000)) * MINUTE_SECONDS * 1_000;
  const messages = (await registry.shards()).flatMap((shard) => {
    const interval = intervalOf(shard);
    return Array.from({ length: MINUTE_SECONDS / interval }, (_, turn) => {
      const delaySeconds = turn * interval;
      const message = { kind: 'shard', shard, at: minute + delaySeconds * 1_000 } as const;
      return { message, delaySeconds };
    });
  });
  await queue.send(messages);
  return messages.length;
};
