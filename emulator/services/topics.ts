/**
 * Creates the template's topics and the subscriptions of queues. Subscriptions by mail are ignored.
 * A queue hears of a topic only where its policy lets SNS send to it.
 */
import type { FauxqsServer } from 'fauxqs';
import { LocalCloudError } from '../errors.ts';
import { REGION } from '../servers.ts';
import type { LocalResource } from '../template/properties.ts';
import type { ServiceRequest } from '../template/resourcePolicies.ts';

const nameOf = (arn: unknown): string => String(arn).split(':').at(-1) ?? '';

/** What decides about subscriptions, and hears of those that no policy allows. */
export interface TopicWorld {
  readonly isAllowed: (request: ServiceRequest) => boolean;
  readonly onFault: (text: string) => void;
}

const SEND = { service: 'sns.amazonaws.com', action: 'sqs:SendMessage' } as const;

/**
 * Creates topics first, then their subscriptions.
 *
 * @throws LocalCloudError `UNSUPPORTED_PROPERTY` for a protocol other than `sqs` and `email`
 */
export const createTopics = (
  server: FauxqsServer,
  topics: readonly LocalResource[],
  subscriptions: readonly LocalResource[],
  { isAllowed, onFault }: TopicWorld,
): void => {
  for (const { ref } of topics) server.createTopic(nameOf(ref), { region: REGION });
  for (const { id, properties } of subscriptions) {
    const { Protocol, TopicArn, Endpoint, RawMessageDelivery = false } = properties;
    if (Protocol === 'email') continue;
    if (Protocol !== 'sqs')
      throw new LocalCloudError(
        'UNSUPPORTED_PROPERTY',
        `Subscription ${id}: the protocol ${Protocol} is not supported here`,
      );
    const [resourceArn, sourceArn] = [String(Endpoint), String(TopicArn)];
    if (!isAllowed({ ...SEND, resourceArn, sourceArn })) {
      onFault(
        `AccessDenied: no policy of ${resourceArn} lets sns.amazonaws.com sqs:SendMessage for ${sourceArn}; subscription ${id} delivers nothing, as on AWS`,
      );
      continue;
    }
    server.subscribe({
      topic: nameOf(TopicArn),
      queue: nameOf(Endpoint),
      region: REGION,
      attributes: { RawMessageDelivery: String(RawMessageDelivery) },
    });
  }
};
