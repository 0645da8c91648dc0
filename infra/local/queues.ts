/** Creates the template's queues with every attribute it gives them. */
import type { FauxqsServer } from 'fauxqs';
import { LocalCloudError } from './errors.ts';

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

/** Dead-letter queues first: a redrive policy must name a queue that exists. */
export const createQueues = (
  server: FauxqsServer,
  region: string,
  queues: readonly { readonly name: string; readonly properties: Properties }[],
): void => {
  const ordered = [...queues].sort(
    (a, b) => Number('RedrivePolicy' in a.properties) - Number('RedrivePolicy' in b.properties),
  );
  for (const { name, properties } of ordered)
    server.createQueue(name, { region, attributes: attributesOf(name, properties) });
};
