/** Sends jobs to their queues: the messages of a group in order, groups in parallel. */
import type { SQSClient } from '@aws-sdk/client-sqs';
import { type SendEntry, type SendOutcome, sendEntries } from '#shared/aws/sendAll.ts';
import {
  type ByPriority,
  ORIGIN_ATTRIBUTE,
  type Pools,
  poolOf,
  queueIn,
} from '#shared/contracts/pools.ts';
import { PLACED_ATTRIBUTE, RELEASED_ATTRIBUTE } from '#shared/contracts/queues.ts';

import type { NotTaken, Outgoing, OutgoingMessage } from '../ports/jobs.ts';
import { attributeOf } from './attributeText.ts';

/** Where messages are sent. */
export interface SenderOptions {
  readonly sqs: SQSClient;
  /** The queues of the mesh; those of the pools follow from their names. */
  readonly queueUrls: ByPriority<string>;
  readonly pools?: Pools;
}

interface ManyOptions extends SenderOptions {
  /** Called once for every message, in no particular order. */
  readonly onOutcome?: (index: number, outcome: SendOutcome) => void;
}

/** A queue did not take a message now. To send all messages again does no harm. */
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

const stringOf = (text: string) => ({ DataType: 'String', StringValue: text });

const attributesOf = ({ released, placedIn, origin }: OutgoingMessage) => {
  const placed = released === undefined ? undefined : placedIn;
  const texts = {
    ...(released && { [RELEASED_ATTRIBUTE]: released }),
    ...(placed && { [PLACED_ATTRIBUTE]: placed }),
    ...(origin && { [ORIGIN_ATTRIBUTE]: JSON.stringify(origin) }),
  };
  const entries = Object.entries(texts).map(([name, text]) => [name, stringOf(attributeOf(text))]);
  return entries.length > 0 ? { MessageAttributes: Object.fromEntries(entries) } : {};
};

const entryOf = ({ message }: Indexed): SendEntry => ({
  MessageBody: message.body,
  MessageGroupId: message.group,
  MessageDeduplicationId: message.deduplicationId,
  ...attributesOf(message),
  ...(message.traceHeader && {
    MessageSystemAttributes: { AWSTraceHeader: stringOf(message.traceHeader) },
  }),
});

const SEQUENCES = 8;

/** The sequence of a group. Messages of one sequence are sent in order, sequences in parallel. */
const sequenceOf = (group: string): number =>
  [...group].reduce(
    (hash, character) => (hash * 31 + (character.codePointAt(0) ?? 0)) % 65_521,
    7,
  ) % SEQUENCES;

/**
 * Sends messages; those of one group keep their order. Rejects when the queue cannot be reached.
 * @returns one outcome for each message, in the order of `messages`
 */
export const sendMessages = async (
  messages: readonly OutgoingMessage[],
  { sqs, queueUrls, pools, onOutcome }: ManyOptions,
): Promise<readonly SendOutcome[]> => {
  const indexed = messages.map((message, index) => ({ message, index }));
  const queueOf = ({ kind = '', priority }: OutgoingMessage): string =>
    queueIn(poolOf(kind, pools), queueUrls[priority]);
  const sequences = Map.groupBy(
    indexed,
    ({ message }) => `${queueOf(message)} ${sequenceOf(message.group)}`,
  );
  const outcomes: SendOutcome[] = [];
  const sendSequence = async (messages: readonly Indexed[]): Promise<void> => {
    const url = queueOf((messages[0] as Indexed).message);
    await sendEntries(sqs, url, messages.map(entryOf), (at, outcome) => {
      const { index } = messages[at] as Indexed;
      outcomes[index] = outcome;
      onOutcome?.(index, outcome);
    });
  };
  await Promise.all([...sequences.values()].map(sendSequence));
  return outcomes;
};

/**
 * The job queues for the mesh's own functions. `send` rejects with SendError, which may be
 * repeated.
 */
export const createOutgoing = (options: SenderOptions): Outgoing => ({
  send: async (messages) => {
    const outcomes = await sendMessages(messages, options);
    const never: NotTaken[] = [];
    for (const [index, outcome] of outcomes.entries()) {
      if (outcome.kind === 'sent') continue;
      const { code, message: reason, lasting } = outcome;
      if (!lasting) throw new SendError(code, reason);
      never.push({ message: messages[index] as OutgoingMessage, code, reason });
    }
    return never;
  },
});
