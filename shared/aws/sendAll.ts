/** Messages on their way to a queue: in batches that SQS takes, what becomes of each one told. */

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
  /** `lasting`: sending it again will not help. */
  | {
      readonly kind: 'refused';
      readonly code: string;
      readonly message: string;
      readonly lasting: boolean;
    };

export type Entry = Omit<SendMessageBatchRequestEntry, 'Id'>;

const ENTRIES_MAX = 10;
/** Before what SQS handed back is sent again; doubled with each try. */
const PAUSE_MS = 100;
const TRIES_MAX = 5;

/** In bytes, as SQS counts: the body, and name, type and value of each attribute. */
export const sizeOf = ({ MessageBody = '', MessageAttributes = {} }: Entry): number =>
  Object.entries(MessageAttributes).reduce(
    (sum, [name, { DataType = '', StringValue = '' }]) =>
      sum + byteLength(name) + byteLength(DataType) + byteLength(StringValue),
    byteLength(MessageBody),
  );

interface Indexed {
  readonly index: number;
  readonly entry: Entry;
}

/** Ten entries and one MiB together at most; what is larger by itself goes alone, to be refused. */
const batchesOf = (entries: readonly Entry[]): readonly Indexed[][] => {
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

/** SQS names what it refuses of a request as a whole in two ways. */
const nameOf = (error: unknown): string =>
  error instanceof Error ? error.name.replace(/^AWS\.SimpleQueueService\./, '') : '';

const MISSING = /^(QueueDoesNotExist|NonExistentQueue)/;
/** Something about one of the entries, or about all of them together. */
const UNFIT =
  /^(BatchRequestTooLong|InvalidMessageContents|InvalidAttributeValue|InvalidParameterValue|UnsupportedOperation)/;

type Outcomes = Map<number, SendOutcome>;

const SILENT: SendOutcome = {
  kind: 'refused',
  code: 'NO_ANSWER',
  message: 'the queue did not answer for it',
  lasting: false,
};

/** One request; returns what the queue asks to be sent again. */
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

/** A request that is refused as a whole is halved, until the entry that is at fault stands alone. */
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
 * In the order given. One entry that is refused stops no other one.
 * @param onOutcome told once for every entry
 * @returns one outcome an entry, in their order. Rejects when the queue cannot be reached.
 */
export const sendEntries = async (
  sqs: SQSClient,
  queueUrl: string,
  entries: readonly Entry[],
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

/** @param refused the error for what the queue did not take, after all others are sent */
export const sendAll = async (
  sqs: SQSClient,
  queueUrl: string,
  entries: readonly Entry[],
  refused: (what: string) => Error,
): Promise<void> => {
  const outcomes = await sendEntries(sqs, queueUrl, entries);
  const not = outcomes.flatMap((outcome) => (outcome.kind === 'refused' ? [outcome] : []));
  const [first] = not;
  if (first) throw refused(`${not.length} of ${entries.length}: ${first.code} ${first.message}`);
};
