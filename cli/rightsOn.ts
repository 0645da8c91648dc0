/** What rights are given on: the resources of a deployment, as IAM names them. */

interface Place {
  readonly service: string;
  /** For people. */
  readonly says: string;
  /** ARNs, with patterns where IAM must not care. */
  arns(stage: string): readonly string[];
}

const table = (name: string, says: string): Place => ({
  service: 'dynamodb',
  says,
  arns: (stage) => [`arn:*:dynamodb:*:*:table/sheratan-${stage}-${name}`],
});
const indexes = (name: string, says: string): Place => ({
  service: 'dynamodb',
  says,
  arns: (stage) => [`arn:*:dynamodb:*:*:table/sheratan-${stage}-${name}/index/*`],
});
const queue = (name: string, says: string): Place => ({
  service: 'sqs',
  says,
  arns: (stage) => [`arn:*:sqs:*:*:sheratan-${stage}-${name}`],
});
const nothing = (service: string, says: string): Place => ({ service, says, arns: () => ['*'] });

/** What rights are given on, as it is called in a deployment. */
export const HELD = {
  stack: {
    service: 'cloudformation',
    says: 'the stack',
    arns: (stage: string) => [`arn:*:cloudformation:*:*:stack/Sheratan-${stage}/*`],
  },
  jobs: table('jobs', 'the table of jobs'),
  jobsIndexes: indexes('jobs', 'the indexes of the table of jobs'),
  ledger: table('ledger', 'the table of the ledger'),
  ledgerIndexes: indexes('ledger', 'the indexes of the table of the ledger'),
  hosts: table('hosts', 'the table of hosts'),
  copy: {
    service: 'dynamodb',
    says: 'the table that is named',
    arns: () => ['arn:*:dynamodb:*:*:table/COPY'],
  },
  jobQueues: queue('jobs-*.fifo', 'the queues of jobs'),
  deadLetters: queue('jobs-*-dead.fifo', 'the dead-letter queues of jobs'),
  results: queue('results.fifo', 'the queue of results'),
  queues: queue('*', 'all queues'),
  objects: {
    service: 's3',
    says: 'objects of the bucket',
    arns: (stage: string) => [`arn:*:s3:::sheratan-${stage}-*/*`],
  },
  bucket: {
    service: 's3',
    says: 'the bucket',
    arns: (stage: string) => [`arn:*:s3:::sheratan-${stage}-*`],
  },
  callbackSecret: {
    service: 'secretsmanager',
    says: 'the secret of callbacks',
    arns: () => ['arn:*:secretsmanager:*:*:secret:SigningSecret*'],
  },
  hostSecret: {
    service: 'secretsmanager',
    says: 'the secret of calls to hosts',
    arns: () => ['arn:*:secretsmanager:*:*:secret:HostSigningSecret*'],
  },
  schedules: {
    service: 'scheduler',
    says: 'the schedules',
    arns: (stage: string) => [`arn:*:scheduler:*:*:schedule/sheratan-${stage}/*`],
  },
  allSchedules: nothing('scheduler', '`*`'),
  scheduleRole: {
    service: 'iam',
    says: 'the role of schedules',
    arns: (stage: string) => [`arn:*:iam::*:role/Sheratan-${stage}-SchedulesRole*`],
  },
  functions: {
    service: 'lambda',
    says: 'the functions',
    arns: (stage: string) => [`arn:*:lambda:*:*:function:sheratan-${stage}-*`],
  },
  allFunctions: nothing('lambda', '`*`'),
  rules: {
    service: 'events',
    says: 'the rules',
    arns: (stage: string) => [`arn:*:events:*:*:rule/Sheratan-${stage}-*`],
  },
  logs: {
    service: 'logs',
    says: 'the log groups',
    arns: (stage: string) => [`arn:*:logs:*:*:log-group:/sheratan/sheratan-${stage}-*`],
  },
  metrics: nothing('cloudwatch', '`*`'),
} as const satisfies Readonly<Record<string, Place>>;

/** What a right is given on. */
export type RightsOn = keyof typeof HELD;
