/** Checks that the queues are as the template says, and that their dead-letter queues are empty. */
import {
  GetQueueAttributesCommand,
  type Message,
  ReceiveMessageCommand,
  type SQSClient,
} from '@aws-sdk/client-sqs';
import { IN_FLIGHT_MANY, IN_FLIGHT_MAX, RELEASED_ATTRIBUTE } from '#shared/contracts/queues.ts';
import { hintsOf } from '#shared/jobs/envelope/envelope.ts';
import type { JobStore } from '#shared/jobs/ports/jobs.ts';
import { isTerminal } from '#shared/jobs/record/record.ts';
import { textOf } from '#shared/jobs/sqs/attributeText.ts';
import { attempt, type Finding, okFinding, problem, warning } from './finding.ts';

export interface QueueOptions {
  readonly sqs: SQSClient;
  readonly store: Pick<JobStore, 'get'>;
  /** URLs of the queues that feed functions. */
  readonly urls: readonly string[];
  /** URLs of the queues for what streams and schedules gave up. */
  readonly failureUrls: readonly string[];
}

type Attributes = Readonly<Record<string, string>>;

/** Name of a queue, from its URL. */
export const queueNameOf = (url: string): string => url.split('/').at(-1) ?? url;

/** URL of another queue of the same deployment: only the last part differs. */
export const sibling = (url: string, name: string): string => url.replace(/[^/]+$/, name);

const attributesOf = async (sqs: SQSClient, QueueUrl: string): Promise<Attributes | undefined> => {
  try {
    const command = new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ['All'] });
    return (await sqs.send(command)).Attributes ?? {};
  } catch (error) {
    if (error instanceof Error && /QueueDoesNotExist|NonExistentQueue/.test(error.name))
      return undefined;
    throw error;
  }
};

const missing = (url: string): Finding =>
  problem('queues', `${queueNameOf(url)} does not exist`, 'deploy the stack again');

const messagesIn = (attributes: Attributes): number =>
  Number(attributes['ApproximateNumberOfMessages'] ?? 0) +
  Number(attributes['ApproximateNumberOfMessagesNotVisible'] ?? 0);

const number = (count: number): string => count.toLocaleString('en');

/**
 * Finds a FIFO queue of which too many messages are in flight.
 * @param attributes of the queue, as SQS has them
 */
export const checkInFlight = (queue: string, attributes: Attributes): readonly Finding[] => {
  const inFlight = Number(attributes['ApproximateNumberOfMessagesNotVisible'] ?? 0);
  if (attributes['FifoQueue'] !== 'true' || inFlight < IN_FLIGHT_MANY) return [];
  const waiting = Number(attributes['ApproximateNumberOfMessages'] ?? 0);
  const counts = `${number(inFlight)} messages of ${queue} are in flight, ${number(waiting)} wait`;
  const fix =
    'sheratan state (a paused source?), sheratan limits, sheratan groups: end what makes so many messages wait';
  return inFlight < IN_FLIGHT_MAX
    ? [warning('in flight', `${counts}; at ${number(IN_FLIGHT_MAX)} it hands out no more`, fix)]
    : [problem('in flight', `${counts}: SQS hands out no more of them`, fix)];
};

const PEEKED_MAX = 10;

/** Reads messages without taking them: they are visible again at once. */
const peek = async (sqs: SQSClient, QueueUrl: string): Promise<readonly Message[]> => {
  const { Messages = [] } = await sqs.send(
    new ReceiveMessageCommand({
      QueueUrl,
      MaxNumberOfMessages: PEEKED_MAX,
      VisibilityTimeout: 0,
      MessageAttributeNames: [RELEASED_ATTRIBUTE],
    }),
  );
  return Messages;
};

const jobOf = ({ Body = '', MessageId = '', MessageAttributes }: Message): string => {
  const released = MessageAttributes?.[RELEASED_ATTRIBUTE]?.StringValue;
  if (released !== undefined) return textOf(released);
  return hintsOf(Body).id ?? MessageId;
};

/** Names jobs that have not ended and have no other message: nothing else moves these jobs on. */
const stranded = async (
  url: string,
  { sqs, store }: Pick<QueueOptions, 'sqs' | 'store'>,
): Promise<string> => {
  const ids = [...new Set((await peek(sqs, url)).map(jobOf))];
  const records = await Promise.all(ids.map((id) => store.get(id)));
  const open = records.flatMap((record, index) =>
    isTerminal(record?.status) ? [] : [`${ids[index]} (${record?.status ?? 'never taken up'})`],
  );
  if (open.length === 0) return '';
  return `, among them of jobs that have not ended: ${open.join(', ')}`;
};

const letters = async (
  url: string,
  { sqs, store }: Pick<QueueOptions, 'sqs' | 'store'>,
): Promise<readonly Finding[]> => {
  const attributes = await attributesOf(sqs, url);
  if (!attributes) return [missing(url)];
  const count = messagesIn(attributes);
  if (count === 0) return [];
  const holdsJobs = /-jobs-\w+-dead\.fifo$/.test(url);
  const of = holdsJobs ? await stranded(url, { sqs, store }) : '';
  const look = `aws sqs receive-message --queue-url ${url}`;
  return [
    problem(
      'dead letters',
      `${count} in ${queueNameOf(url)}${of}`,
      holdsJobs
        ? 'sheratan jobs; fix the cause, then sheratan redrive --dead-letters'
        : `read them (${look}), fix the cause, then "aws sqs start-message-move-task" or delete them`,
    ),
  ];
};

const lookAt = async (
  url: string,
  options: Pick<QueueOptions, 'sqs' | 'store'>,
): Promise<readonly Finding[]> => {
  const attributes = await attributesOf(options.sqs, url);
  if (!attributes) return [missing(url)];
  const { deadLetterTargetArn } = JSON.parse(attributes['RedrivePolicy'] ?? '{}') as {
    deadLetterTargetArn?: string;
  };
  if (!deadLetterTargetArn)
    return [
      problem(
        'queues',
        `${queueNameOf(url)} has no dead-letter queue`,
        'it was changed by hand: deploy the stack again ("cdk diff" shows what differs)',
      ),
    ];
  return [
    ...checkInFlight(queueNameOf(url), attributes),
    ...(await letters(sibling(url, deadLetterTargetArn.split(':').at(-1) ?? ''), options)),
  ];
};

/** Checks every queue, and lists what waits in the dead-letter queues. */
export const checkQueues = async ({
  urls,
  failureUrls,
  ...options
}: QueueOptions): Promise<readonly Finding[]> => {
  const found = await Promise.all([
    ...urls.map((url) => attempt('queues', () => lookAt(url, options))),
    ...failureUrls.map((url) => attempt('dead letters', () => letters(url, options))),
  ]);
  const faults = found.flat();
  if (faults.length > 0) return faults;
  return [
    okFinding('queues', `${urls.length} are there, each with a dead-letter queue`),
    okFinding('dead letters', 'none'),
  ];
};
