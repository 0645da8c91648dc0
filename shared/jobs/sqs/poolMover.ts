/** Sends jobs that came to the queue of another pool to their own. */
import { PRIORITIES } from '#shared/contracts/queues.ts';
import type { Delivery, OutgoingMessage } from '../ports/jobs.ts';
import type { PoolRouter } from '../ports/pools.ts';
import { createOutgoing, type SenderOptions } from './sender.ts';

const movedMessage = (kind: string, delivery: Delivery): OutgoingMessage => {
  const { messageId, movedAs, sentAt, deduplicationId, group, messageGroup } = delivery;
  const { released, body, traceHeader } = delivery;
  return {
    kind,
    priority: PRIORITIES.find((name) => name === delivery.priority) ?? 'normal',
    group: messageGroup ?? group,
    // Of this hop alone: the queue may have had the job before, when its kind moved back and forth.
    deduplicationId: movedAs ?? messageId,
    body,
    ...(released !== undefined && { released }),
    ...(messageGroup !== undefined && { placedIn: group }),
    origin: { messageId, sentAt, deduplicationId },
    traceHeader,
  };
};

/** Sends a job on; in its new queue the job keeps the id, the time and the group of its sender. */
export const createPoolMover = (options: SenderOptions): Pick<PoolRouter, 'move'> => {
  const outgoing = createOutgoing(options);
  return {
    move: async (kind, delivery) => {
      const [not] = await outgoing.send([movedMessage(kind, delivery)]);
      return not;
    },
  };
};
