/**
 * Creates the template's topics and the subscriptions of queues. Subscriptions by mail are ignored.
 */
import type { FauxqsServer } from 'fauxqs';
import { LocalCloudError } from '../errors.ts';
import { REGION } from '../servers.ts';
import type { LocalResource } from '../template/properties.ts';

const nameOf = (arn: unknown): string => String(arn).split(':').at(-1) ?? '';

/**
 * Creates topics first, then their subscriptions.
 *
 * @throws LocalCloudError `UNSUPPORTED_PROPERTY` for a protocol other than `sqs` and `email`
 */
export const createTopics = (
  server: FauxqsServer,
  topics: readonly LocalResource[],
  subscriptions: readonly LocalResource[],
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
    server.subscribe({
      topic: nameOf(TopicArn),
      queue: nameOf(Endpoint),
      region: REGION,
      attributes: { RawMessageDelivery: String(RawMessageDelivery) },
    });
  }
};
