import { beforeAll, describe, expect, inject, it } from 'vitest';
import { passesFilters } from '#emulator/triggers/filter.ts';
import { FUNCTIONS, OPTIONAL_FUNCTIONS } from '#shared/contracts/functions.ts';
import { TERMINAL } from '#shared/contracts/jobs.ts';
import { namedResourcesIn, propertiesIn, type Resource, resourcesIn } from '../support/assembly.ts';

let resources: readonly Resource[];
beforeAll(() => {
  resources = resourcesIn(inject('assemblyDir'));
});

const of = (type: string) => propertiesIn(resources, type);

describe('queues', () => {
  it('are four priorities, results, postings and probes, each with dead letters of its own', () => {
    const names = of('AWS::SQS::Queue').map(({ QueueName }) => QueueName);
    const queues = ['jobs-critical', 'jobs-high', 'jobs-normal', 'jobs-low', 'results', 'postings'];
    const pairs = queues.flatMap((name) => [`${name}.fifo`, `${name}-dead.fifo`]);
    expect(names.sort()).toEqual(
      [
        ...pairs,
        ...['relay-failures', 'snapshotter-failures', 'announcer-failures', 'ticks-dead'],
        ...['probes', 'probes-dead'],
      ]
        .map((name) => `sheratan-dev-${name}`)
        .sort(),
    );
  });

  it('are FIFO in high-throughput mode, encrypted, without content-based deduplication', () => {
    for (const queue of of('AWS::SQS::Queue').filter(({ FifoQueue }) => FifoQueue)) {
      expect(queue).toMatchObject({
        FifoQueue: true,
        DeduplicationScope: 'messageGroup',
        FifoThroughputLimit: 'perMessageGroupId',
        SqsManagedSseEnabled: true,
      });
      expect(queue).not.toHaveProperty('ContentBasedDeduplication');
    }
  });

  it('are visible again as soon as AWS allows: after the timeout of the function that reads them', () => {
    const all = namedResourcesIn(inject('assemblyDir'));
    /** Of the function, or of the alias of one, that is referred to. */
    const timeoutOf = (reference: unknown): number => {
      const text = JSON.stringify(reference);
      const id = Object.keys(all).find((each) => text.includes(`"${each}"`)) ?? '';
      const { Timeout, FunctionName } = all[id]?.Properties ?? {};
      return Timeout === undefined ? timeoutOf(FunctionName) : Number(Timeout);
    };
    const seconds = of('AWS::Lambda::EventSourceMapping').flatMap((mapping) => {
      const [id = ''] = (mapping['EventSourceArn'] as { 'Fn::GetAtt': [string] })['Fn::GetAtt'];
      const { Type, Properties } = all[id] ?? expect.unreachable(id);
      if (Type !== 'AWS::SQS::Queue') return [];
      const name = String(Properties['QueueName']).replace('sheratan-dev-', '');
      const visibility = Number(Properties['VisibilityTimeout']);
      return [[name, visibility, timeoutOf(mapping['FunctionName'])] as const];
    });
    expect(seconds.sort()).toEqual([
      ['jobs-critical.fifo', 900, 900],
      ['jobs-high.fifo', 900, 900],
      ['jobs-low.fifo', 900, 900],
      ['jobs-normal.fifo', 900, 900],
      ['postings.fifo', 60, 60],
      ['probes', 120, 60],
      ['results.fifo', 60, 60],
    ]);
  });

  it('keep dead letters longer than jobs', () => {
    const [dead, live] = [true, false].map((isDead) =>
      of('AWS::SQS::Queue')
        .filter(({ FifoQueue }) => FifoQueue)
        .filter(({ QueueName }) => String(QueueName).includes('-dead') === isDead)
        .map(({ MessageRetentionPeriod }) => Number(MessageRetentionPeriod)),
    );
    expect(Math.min(...(dead ?? []))).toBeGreaterThan(Math.max(...(live ?? [])));
  });

  it('refuse requests without TLS', () => {
    const policies = of('AWS::SQS::QueuePolicy');
    expect(policies).toHaveLength(18);
    for (const policy of policies)
      expect(JSON.stringify(policy)).toContain('"Bool":{"aws:SecureTransport":"false"}');
  });
});

it('wakes the relay by every state that ends a job, and by no other', () => {
  const filters = of('AWS::Lambda::EventSourceMapping').flatMap(
    ({ FilterCriteria }) =>
      (FilterCriteria as { readonly Filters: readonly { readonly Pattern: string }[] } | undefined)
        ?.Filters ?? [],
  );
  const states = filters
    .map(({ Pattern }) => JSON.parse(Pattern).dynamodb.NewImage?.status?.S)
    .filter((status) => status !== undefined);
  expect(states.length).toBeGreaterThan(0);
  for (const each of states) expect(each).toEqual(TERMINAL);
});

const LOGS = ['logs:CreateLogStream', 'logs:PutLogEvents'];
const isLogs = ({ Action }: Record<string, unknown>): boolean => String(Action) === String(LOGS);
const statementsOf = (name: string): readonly Record<string, unknown>[] =>
  of('AWS::IAM::Policy')
    .filter(({ PolicyName }) => String(PolicyName).includes(name))
    .flatMap(({ PolicyDocument }) => (PolicyDocument as { Statement: [] }).Statement);
/** The statements of each function's role, by the function's name; logs are looked at apart. */
const rightsOf = (name: string) => statementsOf(name).filter((each) => !isLogs(each));

const CONSUMES = [
  'sqs:ChangeMessageVisibility',
  'sqs:DeleteMessage',
  'sqs:GetQueueAttributes',
  'sqs:GetQueueUrl',
  'sqs:ReceiveMessage',
];
const SENDS = ['sqs:GetQueueAttributes', 'sqs:GetQueueUrl', 'sqs:SendMessage'];

describe('functions', () => {
  it('are Node 24 on arm64 with JSON logs in groups of explicit retention', () => {
    const functions = of('AWS::Lambda::Function');
    expect(functions.map(({ FunctionName }) => FunctionName).sort()).toEqual(
      [...FUNCTIONS, ...OPTIONAL_FUNCTIONS].sort().map((name) => `sheratan-dev-${name}`),
    );
    for (const each of functions)
      expect(each).toMatchObject({
        Runtime: 'nodejs24.x',
        Architectures: ['arm64'],
        Handler: 'index.handler',
        LoggingConfig: expect.objectContaining({ LogFormat: 'JSON' }),
      });
    for (const group of of('AWS::Logs::LogGroup'))
      expect(group).toMatchObject({ RetentionInDays: 30 });
  });

  it('may be led back to by their own messages only where a kind may send jobs: in the worker', () => {
    const loops = of('AWS::Lambda::Function').filter(({ RecursiveLoop }) => RecursiveLoop);
    expect(loops).toMatchObject([{ FunctionName: 'sheratan-dev-worker', RecursiveLoop: 'Allow' }]);
  });

  it('are fed ten messages at a time, with partial failures and bounded concurrency', () => {
    const mappings = of('AWS::Lambda::EventSourceMapping').filter(
      (each) => !each['FilterCriteria'] && each['BatchSize'] !== 1,
    );
    expect(mappings).toHaveLength(6);
    for (const mapping of mappings)
      expect(mapping).toMatchObject({
        BatchSize: 10,
        FunctionResponseTypes: ['ReportBatchItemFailures'],
        ScalingConfig: { MaximumConcurrency: expect.any(Number) },
      });
  });

  it('that a rule rings are rung once: what failed is not repeated, by EventBridge or by Lambda', () => {
    const rung = of('AWS::Lambda::Permission').filter(
      ({ Principal }) => Principal === 'events.amazonaws.com',
    );
    const configured = of('AWS::Lambda::EventInvokeConfig');
    expect(configured.map(({ FunctionName }) => FunctionName)).toEqual([
      { Ref: expect.stringContaining('Timekeeper') },
    ]);
    expect(rung).toHaveLength(configured.length);
    expect(configured).toMatchObject([{ MaximumRetryAttempts: 0, MaximumEventAgeInSeconds: 60 }]);
    const targets = of('AWS::Events::Rule').flatMap(({ Targets }) => Targets as object[]);
    expect(targets.filter((each) => JSON.stringify(each).includes('Timekeeper'))).toMatchObject([
      { RetryPolicy: { MaximumRetryAttempts: 0, MaximumEventAgeInSeconds: 60 } },
    ]);
  });

  it('look at one shard an invocation, rung by the minute, with a thread for each name', () => {
    const [prober] = of('AWS::Lambda::Function').filter(({ FunctionName }) =>
      String(FunctionName).endsWith('-prober'),
    );
    expect(prober).toMatchObject({
      Environment: { Variables: { UV_THREADPOOL_SIZE: '64' } },
      Timeout: 60,
    });
    const shards = of('AWS::Lambda::EventSourceMapping').filter(({ BatchSize }) => BatchSize === 1);
    expect(shards).toMatchObject([{ ScalingConfig: { MaximumConcurrency: 120 } }]);
    const rules = of('AWS::Events::Rule').filter((rule) =>
      JSON.stringify(rule).includes('InputTransformer'),
    );
    const InputTransformer = {
      InputPathsMap: { time: '$.time' },
      InputTemplate: '{"kind":"minute","at":<time>}',
    };
    expect(rules).toMatchObject([
      { ScheduleExpression: 'cron(* * * * ? *)', Targets: [{ InputTransformer }] },
    ]);
  });

  it('hear of commits that changed a host’s state, and of no others', () => {
    const [heard] = of('AWS::Lambda::EventSourceMapping').filter((each) =>
      JSON.stringify(each['FilterCriteria'] ?? '').includes('STATE'),
    );
    const keys = { sk: { S: ['STATE'] } };
    const image = { chgN: { N: [{ 'anything-but': ['0'] }] } };
    const Pattern = JSON.stringify({ dynamodb: { Keys: keys, NewImage: image } });
    expect(heard).toMatchObject({ FilterCriteria: { Filters: [{ Pattern }] } });
  });

  it('leave plain jobs out of the stream: only ends that somebody waits for wake the relay', () => {
    const streams = of('AWS::Lambda::EventSourceMapping').filter((each) =>
      JSON.stringify(each['FilterCriteria'] ?? '').includes('JOB'),
    );
    expect(streams).toHaveLength(1);
    expect(streams[0]).toMatchObject({
      BisectBatchOnFunctionError: true,
      FunctionResponseTypes: ['ReportBatchItemFailures'],
      DestinationConfig: { OnFailure: { Destination: expect.anything() } },
    });
    const { Filters = [] } = (streams[0]?.['FilterCriteria'] ?? {}) as {
      Filters?: { Pattern: string }[];
    };
    const reasons = Filters.map(({ Pattern }) => {
      const { NewImage } = JSON.parse(Pattern).dynamodb;
      return Object.keys(NewImage).filter((name) => name !== 'sk' && name !== 'status');
    });
    expect(reasons).toEqual([['dependants'], ['$or'], ['callback'], ['cost'], ['$or']]);
    const wakes = (row: object) =>
      passesFilters(
        Filters.map(({ Pattern }) => JSON.parse(Pattern)),
        { dynamodb: { NewImage: row } },
      );
    const job = (status: string, more = {}) => ({
      sk: { S: 'JOB' },
      status: { S: status },
      ...more,
    });
    const there = { S: 'x' };
    expect([job('COMPLETED'), job('WAITING'), { sk: { S: 'STEP#a' } }].map(wakes)).toEqual([
      false,
      false,
      false,
    ]);
    const worthwhile = [
      job('COMPLETED', { children: there }),
      job('COMPLETED', { childrenRef: there }),
      job('WAITING', { calls: there }),
      job('CANCELLED', { awaiting: there }),
      job('WAITING', { dropped: there }),
      job('COMPLETED', { dropped: there }),
      { sk: { S: 'SIGNAL#a' }, signalId: there },
    ];
    expect(worthwhile.map(wakes)).toEqual(worthwhile.map(() => true));
  });

  it.each([
    [
      'Worker',
      [
        ...['BatchGetItem', 'BatchWriteItem', 'DeleteItem', 'GetItem', 'PutItem', 'Query'],
        'UpdateItem',
      ]
        .map((action) => `dynamodb:${action}`)
        .concat(['s3:GetObject', 's3:ListBucket', 's3:PutObject', 'sqs:SendMessage'], CONSUMES)
        .concat('secretsmanager:GetSecretValue'),
    ],
    [
      'Relay',
      [
        ...['BatchWriteItem', 'DeleteItem', 'DescribeStream', 'GetItem', 'GetRecords'],
        ...['GetShardIterator', 'ListStreams', 'Query', 'UpdateItem'],
      ]
        .map((action) => `dynamodb:${action}`)
        .concat(['s3:GetObject', 's3:PutObject', 'sqs:ChangeMessageVisibility', ...SENDS]),
    ],
    [
      'Timekeeper',
      ['BatchGetItem', 'BatchWriteItem', 'GetItem', 'PutItem', 'Query', 'UpdateItem']
        .map((action) => `dynamodb:${action}`)
        .concat(['s3:GetObject', ...SENDS]),
    ],
    [
      'Settler',
      ['BatchGetItem', 'GetItem', 'PutItem', 'Query', 'UpdateItem']
        .map((action) => `dynamodb:${action}`)
        .concat(CONSUMES),
    ],
    [
      'Snapshotter',
      ['BatchWriteItem', 'GetItem', 'PutItem', 'Query']
        .concat(['DescribeStream', 'GetRecords', 'GetShardIterator', 'ListStreams'])
        .map((action) => `dynamodb:${action}`)
        .concat(SENDS),
    ],
    [
      'Reporter',
      ['GetItem', 'PutItem', 'UpdateItem']
        .map((action) => `dynamodb:${action}`)
        .concat(['s3:GetObject', 'secretsmanager:GetSecretValue', ...CONSUMES]),
    ],
    [
      'ProbeProber',
      ['GetItem', 'PutItem', 'Query', 'UpdateItem']
        .map((action) => `dynamodb:${action}`)
        .concat([...new Set([...CONSUMES, ...SENDS])]),
    ],
    [
      'Announcer',
      ['BatchGetItem', 'GetItem', 'PutItem']
        .concat(['DescribeStream', 'GetRecords', 'GetShardIterator', 'ListStreams'])
        .map((action) => `dynamodb:${action}`)
        .concat(['events:PutEvents', ...SENDS]),
    ],
  ])('%s may do what it does and nothing else', (name, allowed) => {
    const statements = rightsOf(name);
    const actions = statements.flatMap(({ Action }) => Action);
    expect([...new Set(actions)].sort()).toEqual([...allowed].sort());
    const logs = statementsOf(name).filter(isLogs);
    expect(logs).toMatchObject([{ Resource: { 'Fn::GetAtt': [expect.any(String), 'Arn'] } }]);
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

describe('the worker', () => {
  it('is fed through an alias, so that a new version can take over bit by bit', () => {
    expect(of('AWS::Lambda::Alias')).toMatchObject([{ Name: 'live' }]);
    const fed = of('AWS::Lambda::EventSourceMapping').filter(({ FunctionName }) =>
      JSON.stringify(FunctionName).includes(':live'),
    );
    expect(fed).toHaveLength(4);
    expect(of('AWS::CodeDeploy::DeploymentGroup')).toEqual([]);
  });
});

describe('what callbacks and calls to hosts are signed with', () => {
  it('is made by the stack, and is in no environment', () => {
    const secrets = of('AWS::SecretsManager::Secret');
    expect(secrets.map(({ Description }) => Description)).toEqual([
      'Signs what goes to callbacks of Sheratan, stage dev',
      'Signs what goes to hosts of Sheratan, stage dev',
      'Signs signal URLs of Sheratan, stage dev',
    ]);
    for (const { GenerateSecretString } of secrets)
      expect(GenerateSecretString).toEqual({ PasswordLength: 43, ExcludePunctuation: true });
    const environments = JSON.stringify(
      of('AWS::Lambda::Function').map((each) => each['Environment']),
    );
    // The worker signs signal URLs, and a function of their own reads them.
    expect(environments.match(/\["(?:Host|Signals)?Signing\w+","Id"\]/g)).toHaveLength(4);
    expect(environments).not.toContain('resolve:secretsmanager');
  });
});

describe('signal URLs', () => {
  it('are open to everybody, by the URL alone', () => {
    expect(of('AWS::Lambda::Url').map(({ AuthType }) => AuthType)).toEqual(['NONE', 'AWS_IAM']);
    const open = of('AWS::Lambda::Permission').filter(({ Principal }) => Principal === '*');
    expect(open).toMatchObject([
      { Action: 'lambda:InvokeFunctionUrl', FunctionUrlAuthType: 'NONE' },
      { Action: 'lambda:InvokeFunction', InvokedViaFunctionUrl: true },
    ]);
    expect(new Set(open.map(({ FunctionName }) => JSON.stringify(FunctionName))).size).toBe(1);
  });

  it('may read and change single jobs, and nothing else', () => {
    expect(rightsOf('SignalsFunctionRole').flatMap(({ Action }) => Action)).toEqual([
      ...['dynamodb:GetItem', 'dynamodb:UpdateItem', 'secretsmanager:GetSecretValue'],
    ]);
  });
});

describe('schedules', () => {
  it('live in a group of the stage and may send to the job queues, and to nothing else', () => {
    expect(of('AWS::Scheduler::ScheduleGroup')).toMatchObject([{ Name: 'sheratan-dev' }]);
    const [statement, ...others] = rightsOf('SchedulesRole');
    expect(others).toEqual([]);
    expect(statement).toMatchObject({ Action: 'sqs:SendMessage', Effect: 'Allow' });
    expect(statement?.['Resource']).toHaveLength(5);
  });

  it('are sent by nobody but schedules of that group', () => {
    const trusts = of('AWS::IAM::Role')
      .flatMap(
        ({ AssumeRolePolicyDocument }) =>
          (AssumeRolePolicyDocument as { Statement: Record<string, unknown>[] }).Statement,
      )
      .filter(({ Principal }) => JSON.stringify(Principal).includes('scheduler.amazonaws.com'));
    expect(trusts).toHaveLength(1);
    expect(trusts[0]?.['Condition']).toEqual({
      StringEquals: { 'aws:SourceAccount': expect.anything(), 'aws:SourceArn': expect.anything() },
    });
  });
});

describe('hosts', () => {
  it('have a table that expires by TTL and streams what is new', () => {
    const table = of('AWS::DynamoDB::GlobalTable').find(({ TableName }) =>
      String(TableName).endsWith('-hosts'),
    );
    expect(table).toMatchObject({
      BillingMode: 'PAY_PER_REQUEST',
      StreamSpecification: { StreamViewType: 'NEW_IMAGE' },
      TimeToLiveSpecification: { AttributeName: 'expiresAt', Enabled: true },
    });
  });

  it('tell people of changes by a topic, where that is configured, but not of those that flap', () => {
    const topics = of('AWS::SNS::Topic').map(({ TopicName }) => TopicName);
    expect(topics).toContain('sheratan-dev-host-changes');
    const [told] = of('AWS::Events::Rule').filter((rule) => rule['EventPattern'] !== undefined);
    expect(told).toMatchObject({
      EventPattern: {
        source: ['sheratan.hosts'],
        'detail-type': ['Host State Change'],
        detail: { muted: [false] },
      },
      Targets: [{ Arn: { Ref: expect.stringContaining('Changes') } }],
    });
  });
});

describe('ledger table', () => {
  it('is restorable to any second, deletes nothing by itself, and rings for new blocks only', () => {
    const table = of('AWS::DynamoDB::GlobalTable').find(({ TableName }) =>
      String(TableName).endsWith('-ledger'),
    );
    expect(table).toMatchObject({
      StreamSpecification: { StreamViewType: 'NEW_IMAGE' },
      Replicas: [{ PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true } }],
    });
    expect(table).not.toHaveProperty('TimeToLiveSpecification');
    const rung = of('AWS::Lambda::EventSourceMapping').filter((each) =>
      JSON.stringify(each['FilterCriteria'] ?? '').includes('B#'),
    );
    expect(rung).toHaveLength(1);
    expect(rung[0]).toMatchObject({ DestinationConfig: { OnFailure: expect.anything() } });
  });
});
