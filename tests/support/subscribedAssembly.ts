/** The synthesized assembly with what its users would add: queues that hear of hosts. */
import type { Template } from '#emulator/template/template.ts';
import { HOST_EVENT_SOURCE } from '#shared/contracts/hosts.ts';
import { type ChangedAssembly, changedAssembly } from './changedAssembly.ts';

/** Hears of every change, and of those that people are told of. */
export const BUS_QUEUE = 'everything';
export const TOPIC_QUEUE = 'people';

const queue = (QueueName: string) => ({ Type: 'AWS::SQS::Queue', Properties: { QueueName } });
const arnOf = (name: string) => ({ 'Fn::GetAtt': [name, 'Arn'] });

const withSubscribers = (template: Template): Template => {
  const [topic = ''] = Object.entries(template.Resources).flatMap(([id, { Type }]) =>
    Type === 'AWS::SNS::Topic' ? [id] : [],
  );
  return {
    ...template,
    Resources: {
      ...template.Resources,
      BusQueue: queue(BUS_QUEUE),
      TopicQueue: queue(TOPIC_QUEUE),
      BusRule: {
        Type: 'AWS::Events::Rule',
        Properties: {
          EventPattern: { source: [HOST_EVENT_SOURCE] },
          State: 'ENABLED',
          Targets: [{ Arn: arnOf('BusQueue'), Id: 'Target0' }],
        },
      },
      BusQueuePolicy: {
        Type: 'AWS::SQS::QueuePolicy',
        Properties: {
          Queues: [{ Ref: 'BusQueue' }],
          PolicyDocument: {
            Statement: [
              {
                Effect: 'Allow',
                Principal: { Service: 'events.amazonaws.com' },
                Action: 'sqs:SendMessage',
                Resource: arnOf('BusQueue'),
                Condition: { ArnEquals: { 'aws:SourceArn': arnOf('BusRule') } },
              },
            ],
          },
        },
      },
      TopicQueuePolicy: {
        Type: 'AWS::SQS::QueuePolicy',
        Properties: {
          Queues: [{ Ref: 'TopicQueue' }],
          PolicyDocument: {
            Statement: [
              {
                Effect: 'Allow',
                Principal: { Service: 'sns.amazonaws.com' },
                Action: 'sqs:SendMessage',
                Resource: arnOf('TopicQueue'),
                Condition: { ArnEquals: { 'aws:SourceArn': { Ref: topic } } },
              },
            ],
          },
        },
      },
      TopicSubscription: {
        Type: 'AWS::SNS::Subscription',
        Properties: {
          Protocol: 'sqs',
          TopicArn: { Ref: topic },
          Endpoint: arnOf('TopicQueue'),
          RawMessageDelivery: true,
        },
      },
    },
  };
};

export const subscribedAssembly = (dir: string): ChangedAssembly =>
  changedAssembly(dir, withSubscribers);
