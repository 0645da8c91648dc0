import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, inject, it } from 'vitest';

interface Resource {
  readonly Type: string;
  readonly Properties: Record<string, unknown>;
}

let resources: readonly Resource[];

beforeAll(() => {
  const file = join(inject('assemblyDir'), 'Sheratan-dev.template.json');
  const template = JSON.parse(readFileSync(file, 'utf8')) as {
    Resources: Record<string, Resource>;
  };
  resources = Object.values(template.Resources);
});

const of = (type: string) =>
  resources.filter(({ Type }) => Type === type).map(({ Properties }) => Properties);

describe('queues', () => {
  it('are four priorities, each with a dead-letter queue of its own', () => {
    const names = of('AWS::SQS::Queue').map(({ QueueName }) => QueueName);
    const priorities = ['critical', 'high', 'normal', 'low'];
    expect(names.sort()).toEqual(
      priorities
        .flatMap((name) => [
          `sheratan-dev-jobs-${name}.fifo`,
          `sheratan-dev-jobs-${name}-dead.fifo`,
        ])
        .sort(),
    );
  });

  it('are FIFO in high-throughput mode, encrypted, without content-based deduplication', () => {
    for (const queue of of('AWS::SQS::Queue')) {
      expect(queue).toMatchObject({
        FifoQueue: true,
        DeduplicationScope: 'messageGroup',
        FifoThroughputLimit: 'perMessageGroupId',
        SqsManagedSseEnabled: true,
      });
      expect(queue).not.toHaveProperty('ContentBasedDeduplication');
    }
  });

  it('keep dead letters longer than jobs', () => {
    const [dead, live] = [true, false].map((isDead) =>
      of('AWS::SQS::Queue')
        .filter(({ QueueName }) => String(QueueName).includes('-dead') === isDead)
        .map(({ MessageRetentionPeriod }) => Number(MessageRetentionPeriod)),
    );
    expect(Math.min(...(dead ?? []))).toBeGreaterThan(Math.max(...(live ?? [])));
  });

  it('refuse requests without TLS', () => {
    const policies = of('AWS::SQS::QueuePolicy');
    expect(policies).toHaveLength(8);
    for (const policy of policies)
      expect(JSON.stringify(policy)).toContain('"Bool":{"aws:SecureTransport":"false"}');
  });
});

describe('worker', () => {
  it('is Node 24 on arm64 with JSON logs in a group of explicit retention', () => {
    expect(of('AWS::Lambda::Function')).toEqual([
      expect.objectContaining({
        Runtime: 'nodejs24.x',
        Architectures: ['arm64'],
        Handler: 'index.handler',
        Timeout: 900,
        LoggingConfig: expect.objectContaining({ LogFormat: 'JSON' }),
      }),
    ]);
    expect(of('AWS::Logs::LogGroup')).toEqual([expect.objectContaining({ RetentionInDays: 30 })]);
  });

  it('has one mapping a queue: ten messages, partial failures, bounded concurrency', () => {
    const mappings = of('AWS::Lambda::EventSourceMapping');
    expect(mappings).toHaveLength(4);
    for (const mapping of mappings)
      expect(mapping).toMatchObject({
        BatchSize: 10,
        FunctionResponseTypes: ['ReportBatchItemFailures'],
        ScalingConfig: { MaximumConcurrency: expect.any(Number) },
      });
  });

  it('may do what it does and nothing else', () => {
    const statements = of('AWS::IAM::Policy').flatMap(
      ({ PolicyDocument }) => (PolicyDocument as { Statement: object[] }).Statement,
    );
    const actions = statements.flatMap((statement) =>
      'Action' in statement ? statement.Action : [],
    );
    expect([...new Set(actions)].sort()).toEqual([
      'dynamodb:PutItem',
      'dynamodb:UpdateItem',
      's3:GetObject',
      's3:ListBucket',
      's3:PutObject',
      'sqs:ChangeMessageVisibility',
      'sqs:DeleteMessage',
      'sqs:GetQueueAttributes',
      'sqs:GetQueueUrl',
      'sqs:ReceiveMessage',
    ]);
    for (const statement of statements) expect(statement).not.toMatchObject({ Resource: '*' });
  });
});

describe('jobs table', () => {
  it('is on demand, streams both images, expires by TTL, indexes keys only', () => {
    const [table] = of('AWS::DynamoDB::GlobalTable');
    expect(table).toMatchObject({
      BillingMode: 'PAY_PER_REQUEST',
      StreamSpecification: { StreamViewType: 'NEW_AND_OLD_IMAGES' },
      TimeToLiveSpecification: { AttributeName: 'expiresAt', Enabled: true },
    });
    const indexes = table?.['GlobalSecondaryIndexes'] as { Projection: object }[];
    for (const index of indexes) expect(index.Projection).toEqual({ ProjectionType: 'KEYS_ONLY' });
  });
});

describe('bucket', () => {
  it('is private, encrypted, owner-enforced, and forgets large results', () => {
    expect(of('AWS::S3::Bucket')).toEqual([
      expect.objectContaining({
        PublicAccessBlockConfiguration: {
          BlockPublicAcls: true,
          BlockPublicPolicy: true,
          IgnorePublicAcls: true,
          RestrictPublicBuckets: true,
        },
        BucketEncryption: expect.anything(),
        LifecycleConfiguration: {
          Rules: expect.arrayContaining([
            expect.objectContaining({ Prefix: 'results/', ExpirationInDays: 30 }),
            expect.objectContaining({ Prefix: 'raw/', ExpirationInDays: 30 }),
          ]),
        },
      }),
    ]);
  });
});
