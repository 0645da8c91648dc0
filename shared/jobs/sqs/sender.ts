/** Sends messages in batches: each group in order, groups beside each other, every refusal reported. */
import { SendMessageBatchCommand, type SQSClient } from '@aws-sdk/client-sqs';
import type { Priority } from '#shared/contracts/queues.ts';
import { MESSAGE_BYTES_MAX, RELEASED_ATTRIBUTE } from '#shared/contracts/queues.ts';
import { byteLength } from '#shared/kernel/json.ts';
import { systemSleep } from '#shared/kernel/ports.ts';
import type { OutgoingMessage } from '../message.ts';
import type { Outgoing } from '../ports.ts';

export type SendOutcome =
  /** `messageId` is the job's id unless its envelope gives one. */
  | { readonly kind: 'sent'; readonly messageId: string }
  | { readonly kind: 'refused'; readonly code: string; readonly message: string };

interface SenderOptions {
  readonly sqs: SQSClient;
  readonly queueUrls: Readonly<Record<Priority, string>>;
  /** Told once for every message, in no particular order. */
  readonly onOutcome?: (index: number, outcome: SendOutcome) => void;
}

/** A queue took some of the messages and not others; sending all of them again does no harm. */
class SendError extends Error {
  override readonly name = 'SendError';
  readonly code: string;
  constructor(code: string, message: string) {
    super(`the queue refused a message: ${message}`);
    this.code = code;
  }
}

interface Indexed {
  readonly index: number;
  readonly message: OutgoingMessage;
}

const releasing = (id: string) => ({
  [RELEASED_ATTRIBUTE]: { DataType: 'String', StringValue: id },
});
const traced = (header: string) => ({
  AWSTraceHeader: { DataType: 'String', StringValue: header },
});

const ENTRIES_MAX = 10;
const TRIES_MAX = 5;
const LANES = 8;

/** Cuts a lane into batches that SQS takes: ten entries, one MiB together. */
const batchesOf = (items: readonly Indexed[]): Indexed[][] => {
  const batches: Indexed[][] = [];
  let bytes = 0;
  for (const item of items) {
    const size = byteLength(item.message.body);
    const last = batches.at(-1);
    if (last && last.length < ENTRIES_MAX && bytes + size <= MESSAGE_BYTES_MAX) {
      last.push(item);
      bytes += size;
    } else {
      batches.push([item]);
      bytes = size;
    }
  }
  return batches;
};

const laneOf = (group: string): number =>
  [...group].reduce(
    (hash, character) => (hash * 31 + (character.codePointAt(0) ?? 0)) % 65_521,
    7,
  ) % LANES;

type Outcomes = Map<number, SendOutcome>;

/** One request; returns what the queue asks to be sent again. */
const sendOnce = async (
  sqs: SQSClient,
  url: string,
  batch: readonly Indexed[],
  outcomes: Outcomes,
) => {
  const { Successful = [], Failed = [] } = await sqs.send(
    new SendMessageBatchCommand({
      QueueUrl: url,
      Entries: batch.map(({ index, message }) => ({
        Id: String(index),
        MessageBody: message.body,
        MessageGroupId: message.group,
        MessageDeduplicationId: message.deduplicationId,
        ...(message.released && { MessageAttributes: releasing(message.released) }),
        ...(message.traceHeader && { MessageSystemAttributes: traced(message.traceHeader) }),
      })),
    }),
  );
  for (const { Id, MessageId } of Successful)
    outcomes.set(Number(Id), { kind: 'sent', messageId: MessageId ?? '' });
  for (const { Id, Code, Message } of Failed)
    outcomes.set(Number(Id), { kind: 'refused', code: Code ?? 'UNKNOWN', message: Message ?? '' });
  const mendable = new Set(Failed.filter(({ SenderFault }) => !SenderFault).map(({ Id }) => Id));
  return batch.filter(({ index }) => mendable.has(String(index)));
};

const sendBatch = async (
  sqs: SQSClient,
  url: string,
  batch: readonly Indexed[],
): Promise<Outcomes> => {
  const outcomes: Outcomes = new Map();
  let left = batch;
  for (let tries = 0; left.length > 0 && tries < TRIES_MAX; tries += 1) {
    if (tries > 0) await systemSleep(100 * 2 ** tries);
    left = await sendOnce(sqs, url, left, outcomes);
  }
  return outcomes;
};

/** The queues as the mesh's own functions use them. */
export const createOutgoing = (options: Omit<SenderOptions, 'onOutcome'>): Outgoing => ({
  send: async (messages) => {
    const outcomes = await sendMessages(messages, options);
    const refused = outcomes.find((outcome) => outcome.kind === 'refused');
    if (refused) throw new SendError(refused.code, refused.message);
  },
});

/** @returns one outcome a message, in the order of `messages`. Rejects when the queue is out of reach. */
export const sendMessages = async (
  messages: readonly OutgoingMessage[],
  { sqs, queueUrls, onOutcome }: SenderOptions,
): Promise<readonly SendOutcome[]> => {
  const indexed = messages.map((message, index) => ({ message, index }));
  const lanes = Map.groupBy(
    indexed,
    ({ message }) => `${message.priority} ${laneOf(message.group)}`,
  );
  const outcomes: SendOutcome[] = [];
  const sendLane = async (lane: readonly Indexed[]): Promise<void> => {
    for (const batch of batchesOf(lane)) {
      const priority = batch[0]?.message.priority ?? 'normal';
      for (const [index, outcome] of await sendBatch(sqs, queueUrls[priority], batch)) {
        outcomes[index] = outcome;
        onOutcome?.(index, outcome);
      }
    }
  };
  await Promise.all([...lanes.values()].map(sendLane));
  return outcomes;
};
