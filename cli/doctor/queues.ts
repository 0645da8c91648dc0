/** Queues as the template has them, and what is in their dead letters. */
import { GetQueueAttributesCommand, type SQSClient } from '@aws-sdk/client-sqs';
import { attempt, type Finding, ok, problem } from './finding.ts';

export interface QueueOptions {
  readonly sqs: SQSClient;
  /** Of every queue that feeds a function. */
  readonly urls: readonly string[];
  /** Of what keeps what streams and schedules gave up. */
  readonly failureUrls: readonly string[];
}

type Attributes = Readonly<Record<string, string>>;

export const nameOf = (url: string): string => url.split('/').at(-1) ?? url;

/** Queues of one deployment differ in the last part of their URL. */
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
  problem('queues', `${nameOf(url)} does not exist`, 'deploy the stack again');

const messagesIn = (attributes: Attributes): number =>
  Number(attributes['ApproximateNumberOfMessages'] ?? 0) +
  Number(attributes['ApproximateNumberOfMessagesNotVisible'] ?? 0);

const letters = async (sqs: SQSClient, url: string): Promise<readonly Finding[]> => {
  const attributes = await attributesOf(sqs, url);
  if (!attributes) return [missing(url)];
  const count = messagesIn(attributes);
  if (count === 0) return [];
  const look = `aws sqs receive-message --queue-url ${url}`;
  return [
    problem(
      'dead letters',
      `${count} in ${nameOf(url)}`,
      `read them (${look}), mend the cause, then "aws sqs start-message-move-task" or delete them`,
    ),
  ];
};

const lookAt = async (sqs: SQSClient, url: string): Promise<readonly Finding[]> => {
  const attributes = await attributesOf(sqs, url);
  if (!attributes) return [missing(url)];
  const { deadLetterTargetArn } = JSON.parse(attributes['RedrivePolicy'] ?? '{}') as {
    deadLetterTargetArn?: string;
  };
  if (!deadLetterTargetArn)
    return [
      problem(
        'queues',
        `${nameOf(url)} has no dead-letter queue`,
        'it was changed by hand: deploy the stack again ("cdk diff" shows what differs)',
      ),
    ];
  return letters(sqs, sibling(url, deadLetterTargetArn.split(':').at(-1) ?? ''));
};

export const checkQueues = async ({
  sqs,
  urls,
  failureUrls,
}: QueueOptions): Promise<readonly Finding[]> => {
  const found = await Promise.all([
    ...urls.map((url) => attempt('queues', () => lookAt(sqs, url))),
    ...failureUrls.map((url) => attempt('dead letters', () => letters(sqs, url))),
  ]);
  const faults = found.flat();
  if (faults.length > 0) return faults;
  return [
    ok('queues', `${urls.length} are there, each with a dead-letter queue`),
    ok('dead letters', 'none'),
  ];
};
