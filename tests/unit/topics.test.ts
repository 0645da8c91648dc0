import { type FauxqsServer, startFauxqs } from 'fauxqs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createBuckets } from '#emulator/services/buckets.ts';
import { createTopics } from '#emulator/services/topics.ts';
import type { ServiceRequest } from '#emulator/template/resourcePolicies.ts';

const AT = 'us-east-1:000000000000';
const TOPIC = `arn:aws:sns:${AT}:news`;
const QUEUE = `arn:aws:sqs:${AT}:reader`;
const topics = [{ id: 'T', ref: TOPIC, attributes: {}, properties: {} }];
const subscription = {
  id: 'S',
  ref: 'S',
  attributes: {},
  properties: { Protocol: 'sqs', TopicArn: TOPIC, Endpoint: QUEUE, RawMessageDelivery: true },
};

let server: FauxqsServer;
const faults: string[] = [];
beforeEach(async () => {
  faults.length = 0;
  server = await startFauxqs({ port: 0, logger: false, defaultRegion: 'us-east-1' });
  server.createQueue('reader');
});
afterEach(() => server.stop());

const heard = async (isAllowed: (request: ServiceRequest) => boolean): Promise<number> => {
  const onFault = (text: string) => void faults.push(text);
  createTopics(server, topics, [subscription], { isAllowed, onFault });
  server.publish('news', 'hello', { region: 'us-east-1' });
  return server.inspectQueue('reader')?.messages.ready.length ?? 0;
};

describe('a subscription', () => {
  it('delivers where the policy of the queue lets SNS send for the topic', async () => {
    const asked: ServiceRequest[] = [];
    expect(await heard((request) => asked.push(request) > 0)).toBe(1);
    expect(asked).toEqual([
      {
        service: 'sns.amazonaws.com',
        action: 'sqs:SendMessage',
        resourceArn: QUEUE,
        sourceArn: TOPIC,
      },
    ]);
    expect(faults).toEqual([]);
  });

  it('delivers nothing where no policy does, and the log says so', async () => {
    expect(await heard(() => false)).toBe(0);
    expect(faults).toEqual([
      expect.stringMatching(/^AccessDenied: no policy of \S+:reader lets sns\.amazonaws\.com/),
    ]);
  });
});

it('a bucket with notifications is refused by name, as nothing here sends them', () => {
  const properties = { NotificationConfiguration: { QueueConfigurations: [] } };
  expect(() => createBuckets(server, [{ id: 'B', ref: 'b', attributes: {}, properties }])).toThrow(
    'Bucket B: NotificationConfiguration is not supported here',
  );
});
