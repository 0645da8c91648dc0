/** Creates what holds the data of a template: queues, buckets, topics and tables. */
import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import type { SQSClient } from '@aws-sdk/client-sqs';
import { REGION, type Servers } from './servers.ts';
import { createBuckets } from './services/buckets.ts';
import { createQueues } from './services/queues.ts';
import { createTopics, type TopicWorld } from './services/topics.ts';
import { createTemplateTable } from './tables/createTable.ts';
import { resourcesOf } from './template/properties.ts';
import type { ResolveContext } from './template/resolve.ts';
import type { Assembly } from './template/template.ts';

/**
 * Creates what the template's queues, buckets, topics and tables are here.
 *
 * @returns the table server's streams, by the ARNs that the template uses
 */
export const provision = async (
  { template }: Assembly,
  context: ResolveContext,
  { messages }: Servers,
  { sqs, tables }: { readonly sqs: SQSClient; readonly tables: DynamoDBClient },
  topicWorld: TopicWorld,
): Promise<ReadonlyMap<string, string>> => {
  const of = (...types: string[]) => resourcesOf(template, types, context);
  const queues = of('AWS::SQS::Queue').map(({ attributes, properties }) => ({
    name: attributes['QueueName'] ?? '',
    properties,
  }));
  await createQueues(messages, sqs, REGION, queues);
  createBuckets(messages, of('AWS::S3::Bucket'));
  createTopics(messages, of('AWS::SNS::Topic'), of('AWS::SNS::Subscription'), topicWorld);
  const streams = await Promise.all(
    of('AWS::DynamoDB::Table', 'AWS::DynamoDB::GlobalTable').map(
      async ({ ref, attributes, properties }) => {
        const localArn = await createTemplateTable(tables, ref, properties);
        return [attributes['StreamArn'] ?? '', localArn ?? ''] as const;
      },
    ),
  );
  return new Map(streams);
};
