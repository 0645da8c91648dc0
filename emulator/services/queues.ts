/**
 * Creates the template's queues with all their attributes; gives the attributes to queues that were
 * kept.
 */
import { SetQueueAttributesCommand, type SQSClient } from '@aws-sdk/client-sqs';
import type { FauxqsServer } from 'fauxqs';
import { LocalCloudError } from '../errors.ts';

type Properties = Readonly<Record<string, unknown>>;

const ATTRIBUTES = [
  'FifoQueue',
  'ContentBasedDeduplication',
  'DeduplicationScope',
  'FifoThroughputLimit',
  'VisibilityTimeout',
  'MessageRetentionPeriod',
  'ReceiveMessageWaitTimeSeconds',
  'MaximumMessageSize',
  'DelaySeconds',
] as const;
const IGNORED = new Set<string>(['QueueName', 'SqsManagedSseEnabled', 'Tags', 'KmsMasterKeyId']);
const STRUCTURED = ['RedrivePolicy', 'RedriveAllowPolicy'] as const;

const attributesOf = (name: string, properties: Properties): Record<string, string> => {
  const known = new Set<string>([...ATTRIBUTES, ...STRUCTURED, ...IGNORED]);
  const stranger = Object.keys(properties).find((key) => !known.has(key));
  if (stranger !== undefined)
    throw new LocalCloudError(
      'UNSUPPORTED_PROPERTY',
      `Queue ${name}: ${stranger} is not supported here`,
    );
  const scalars = ATTRIBUTES.flatMap((key) =>
    properties[key] === undefined ? [] : [[key, String(properties[key])] as const],
  );
  const objects = STRUCTURED.flatMap((key) =>
    properties[key] === undefined ? [] : [[key, JSON.stringify(properties[key])] as const],
  );
  return Object.fromEntries([...scalars, ...objects]);
};

/**
 * Attributes that never change after a queue's creation; the server refuses them for an existing
 * queue.
 */
const FIXED = new Set(['FifoQueue', 'DeduplicationScope', 'FifoThroughputLimit']);

/** Sets the attributes of a queue that exists: to create the queue again would empty it. */
const adjust = async (
  sqs: SQSClient,
  QueueUrl: string,
  attributes: Readonly<Record<string, string>>,
): Promise<void> => {
  const changeable = Object.entries(attributes).filter(([name]) => !FIXED.has(name));
  const Attributes = { RedrivePolicy: '', ...Object.fromEntries(changeable) };
  await sqs.send(new SetQueueAttributesCommand({ QueueUrl, Attributes }));
};

/**
 * Creates the queues, dead-letter queues first: a redrive policy must name a queue that exists.
 *
 * @throws LocalCloudError `UNSUPPORTED_PROPERTY` for a property that is not known here
 */
export const createQueues = async (
  server: FauxqsServer,
  sqs: SQSClient,
  region: string,
  queues: readonly { readonly name: string; readonly properties: Properties }[],
): Promise<void> => {
  const ordered = [...queues].sort(
    (a, b) => Number('RedrivePolicy' in a.properties) - Number('RedrivePolicy' in b.properties),
  );
  for (const { name, properties } of ordered) {
    const attributes = attributesOf(name, properties);
    const kept = server.inspectQueue(name);
    if (kept) await adjust(sqs, kept.url, attributes);
    else server.createQueue(name, { region, attributes });
  }
};
