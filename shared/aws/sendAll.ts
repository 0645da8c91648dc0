/** Sends messages to a queue, in batches that SQS accepts, with an outcome for each. */

import {
  SendMessageBatchCommand,
  type SendMessageBatchRequestEntry,
  type SQSClient,
} from '@aws-sdk/client-sqs';
import { MESSAGE_BYTES_MAX } from '#shared/contracts/queues.ts';
import { doubled } from '#shared/kernel/backoff.ts';
import { byteLength } from '#shared/kernel/json.ts';
import { systemSleep } from '#shared/kernel/ports.ts';

export type SendOutcome =
  | { readonly kind: 'sent'; readonly messageId: string }
  /** `lasting`: to send the message again will not help. */
  | {
      readonly kind: 'refused';
      readonly code: string;
      readonly message: string;
      readonly lasting: boolean;
    };

export type SendEntry = Omit<SendMessageBatchRequestEntry, 'Id'>;

const ENTRIES_MAX = 10;
/** The pause before messages are sent again that SQS could not take; doubled with each try. */
const PAUSE_MS = 100;
const TRIES_MAX = 5;

/**
 * The size of a message in bytes, as SQS counts: the body, and name, type and value of each
 * attribute.
 */
export const sizeOf = ({ MessageBody = '', MessageAttributes = {} }: SendEntry): number =>
  Object.entries(MessageAttributes).reduce(
    (sum, [name, { DataType = '', StringValue = '' }]) =>
      sum + byteLength(name) + byteLength(DataType) + byteLength(StringValue),
    byteLength(MessageBody),
  );

interface Indexed {
  readonly index: number;
  readonly entry: SendEntry;
}

/** Batches of at most ten entries and one MiB. A larger entry goes alone, to be refused. */
const batchesOf = (entries: readonly SendEntry[]): readonly Indexed[][] => {
  const batches: Indexed[][] = [];
  let bytes = 0;
  for (const [index, entry] of entries.entries()) {
    const size = sizeOf(entry);
    const last = batches.at(-1);
    if (last && last.length < ENTRIES_MAX && bytes + size <= MESSAGE_BYTES_MAX) {
      last.push({ index, entry });
      bytes += size;
    } else {
      batches.push([{ index, entry }]);
      bytes = size;
    }
  }
  return batches;
};

/** The code of an error; SQS has two names for the same refusal of a whole request. */
const nameOf = (error: unknown): string =>
  error instanceof Error ? error.name.replace(/^AWS\.SimpleQueueService\./, '') : '';

const MISSING = /^(QueueDoesNotExist|NonExistentQueue)/;
/** Something is wrong with one of the entries, or with all together. */
const UNFIT =
  /^(BatchRequestTooLong|InvalidMessageContents|InvalidAttributeValue|InvalidParameterValue|UnsupportedOperation)/;

type Outcomes = Map<number, SendOutcome>;

const SILENT: SendOutcome = {
  kind: 'refused',
  code: 'NO_ANSWER',
  message: 'the queue did not answer for it',
  lasting: false,
};

/** Sends one request; returns the entries that must be sent again. */
const request = async (
  sqs: SQSClient,
  QueueUrl: string,
  batch: readonly Indexed[],
  outcomes: Outcomes,
): Promise<readonly Indexed[]> => {
  const Entries = batch.map(({ index, entry }) => ({ Id: String(index), ...entry }));
  const { Successful = [], Failed = [] } = await sqs.send(
    new SendMessageBatchCommand({ QueueUrl, Entries }),
  );
  for (const { Id, MessageId = '' } of Successful)
    outcomes.set(Number(Id), { kind: 'sent', messageId: MessageId });
  for (const { Id, Code: code = 'UNKNOWN', Message: message = '', SenderFault = false } of Failed)
    outcomes.set(Number(Id), { kind: 'refused', code, message, lasting: SenderFault });
  const passing = new Set(Failed.flatMap(({ Id, SenderFault }) => (SenderFault ? [] : Id)));
  return batch.filter(({ index }) => passing.has(String(index)));
};

/** Halves a request that was refused as a whole, until the faulty entry is alone. */
const send = async (
  sqs: SQSClient,
  url: string,
  batch: readonly Indexed[],
  outcomes: Outcomes,
): Promise<readonly Indexed[]> => {
  try {
    return await request(sqs, url, batch, outcomes);
  } catch (error) {
    const code = nameOf(error);
    if (!MISSING.test(code) && !UNFIT.test(code)) throw error;
    if (batch.length > 1 && !MISSING.test(code)) {
      const middle = Math.ceil(batch.length / 2);
      const first = await send(sqs, url, batch.slice(0, middle), outcomes);
      return [...first, ...(await send(sqs, url, batch.slice(middle), outcomes))];
    }
    const { message } = error as Error;
    for (const { index } of batch)
      outcomes.set(index, { kind: 'refused', code, message, lasting: true });
    return [];
  }
};

/**
 * Sends entries in the order given. A refused entry stops no other entry. Rejects when the queue
 * cannot be reached.
 *
 * @param onOutcome called once for each entry
 * @returns one outcome for each entry, in their order
 */
export const sendEntries = async (
  sqs: SQSClient,
  queueUrl: string,
  entries: readonly SendEntry[],
  onOutcome: (index: number, outcome: SendOutcome) => void = () => undefined,
): Promise<readonly SendOutcome[]> => {
  const outcomes: Outcomes = new Map();
  const outcomeOf = (index: number): SendOutcome => outcomes.get(index) ?? SILENT;
  for (const batch of batchesOf(entries)) {
    let left: readonly Indexed[] = batch;
    for (let tries = 0; left.length > 0 && tries < TRIES_MAX; tries += 1) {
      if (tries > 0) await systemSleep(doubled(PAUSE_MS, tries));
      left = await send(sqs, queueUrl, left, outcomes);
    }
    for (const { index } of batch) onOutcome(index, outcomeOf(index));
  }
  return entries.map((_, index) => outcomeOf(index));
};

/**
 * Sends all entries; throws the error of `refused` when some were not taken, after all others are
 * sent.
 *
 * @param refused makes the error
 */
export const sendAll = async (
  sqs: SQSClient,
  queueUrl: string,
  entries: readonly SendEntry[],
  refused: (what: string) => Error,
): Promise<void> => {
  const outcomes = await sendEntries(sqs, queueUrl, entries);
  const not = outcomes.flatMap((outcome) => (outcome.kind === 'refused' ? [outcome] : []));
  const [first] = not;
  if (first) throw refused(`${not.length} of ${entries.length}: ${first.code} ${first.message}`);
};
