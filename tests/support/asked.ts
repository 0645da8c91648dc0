/** What a request of the SDK asks of IAM: actions, each on a resource, as AWS's authorization reference has them. */
import type { IncomingMessage } from 'node:http';
import { object } from '#emulator/template/properties.ts';

export interface Asked {
  readonly action: string;
  /** `*`: AWS checks it against no name. */
  readonly arn: string;
}

type Fields = Readonly<Record<string, unknown>>;

export const ASKED_ACCOUNT = '000000000000';
const AT = `us-east-1:${ASKED_ACCOUNT}`;

const tableArn = (name: unknown): string => `arn:aws:dynamodb:${AT}:table/${name}`;
const queueArn = (url: unknown): string => `arn:aws:sqs:${AT}:${String(url).split('/').at(-1)}`;
const logGroupArn = (name: unknown): string => `arn:aws:logs:${AT}:log-group:${name}`;
/** What IAM checks against a name, of CloudWatch. */
const WATCHED: Readonly<Record<string, string>> = {
  DescribeAlarms: `arn:aws:cloudwatch:${AT}:alarm:*`,
};
const ruleArn = (name: unknown): string => `arn:aws:events:${AT}:rule/${name}`;

const items = (value: unknown): readonly Fields[] =>
  Array.isArray(value) ? value.map(object) : [];

const WRITES: Readonly<Record<string, string>> = {
  Put: 'PutItem',
  Update: 'UpdateItem',
  Delete: 'DeleteItem',
  ConditionCheck: 'ConditionCheckItem',
  Get: 'GetItem',
};

/** Of a transaction, IAM is asked for each item by what is done with it. */
const ofTransaction = (fields: Fields): readonly Asked[] =>
  items(fields['TransactItems']).flatMap((item) =>
    Object.entries(item).map(([name, of]) => ({
      action: `dynamodb:${WRITES[name]}`,
      arn: tableArn(object(of)['TableName']),
    })),
  );

const ofTables = (operation: string, fields: Fields): readonly Asked[] => {
  const action = `dynamodb:${operation}`;
  if (operation.startsWith('Transact')) return ofTransaction(fields);
  if (operation.startsWith('Batch'))
    return Object.keys(object(fields['RequestItems'])).map((name) => ({
      action,
      arn: tableArn(name),
    }));
  const { TableName, IndexName } = fields;
  const arn = tableArn(TableName);
  return [{ action, arn: IndexName === undefined ? arn : `${arn}/index/${IndexName}` }];
};

const ofQueues = (operation: string, fields: Fields): readonly Asked[] => [
  { action: `sqs:${operation.replace(/Batch$/, '')}`, arn: queueArn(fields['QueueUrl']) },
];

const OBJECTS: Readonly<Record<string, string>> = {
  GET: 'GetObject',
  HEAD: 'GetObject',
  PUT: 'PutObject',
  POST: 'PutObject',
  DELETE: 'DeleteObject',
};

const ofBucket = (method: string, pathname: string): readonly Asked[] => {
  const [, bucket = '', key = ''] = /^\/([^/]+)\/?(.*)$/.exec(pathname) ?? [];
  const arn = `arn:aws:s3:::${bucket}`;
  if (key === '') return [{ action: 's3:ListBucket', arn }];
  return [{ action: `s3:${OBJECTS[method]}`, arn: `${arn}/${decodeURIComponent(key)}` }];
};

const SCHEDULES: Readonly<Record<string, string>> = {
  GET: 'GetSchedule',
  POST: 'CreateSchedule',
  PUT: 'UpdateSchedule',
  DELETE: 'DeleteSchedule',
};

/** A role has no name of AWS's in the embedded cloud: its id stands at the end of what it has. */
const roleArn = (stack: string, arn: unknown): string =>
  `arn:aws:iam::${ASKED_ACCOUNT}:role/${stack}-${String(arn).split(':').at(-1)}`;

const ofSchedules = (method: string, url: URL, fields: Fields, stack: string): readonly Asked[] => {
  const name = url.pathname.split('/')[2];
  if (!name) return [{ action: 'scheduler:ListSchedules', arn: '*' }];
  const group = fields['GroupName'] ?? url.searchParams.get('groupName');
  const own = {
    action: `scheduler:${SCHEDULES[method]}`,
    arn: `arn:aws:scheduler:${AT}:schedule/${group}/${name}`,
  };
  const { RoleArn } = object(fields['Target']);
  if (RoleArn === undefined) return [own];
  return [own, { action: 'iam:PassRole', arn: roleArn(stack, RoleArn) }];
};

const ofFunctions = (url: URL): readonly Asked[] => {
  const path = url.pathname;
  if (path.includes('/event-source-mappings'))
    return [{ action: 'lambda:ListEventSourceMappings', arn: '*' }];
  if (path.includes('/account-settings'))
    return [{ action: 'lambda:GetAccountSettings', arn: '*' }];
  const qualifier = url.searchParams.get('Qualifier');
  const name = decodeURIComponent(path.split('/')[3] ?? '');
  const arn = `arn:aws:lambda:${AT}:function:${name}`;
  if (path.endsWith('/concurrency')) return [{ action: 'lambda:GetFunctionConcurrency', arn }];
  return [
    {
      action: 'lambda:GetFunctionConfiguration',
      arn: qualifier === null ? arn : `${arn}:${qualifier}`,
    },
  ];
};

const fieldsOf = (body: Buffer): Fields => {
  try {
    return object(JSON.parse(body.toString()));
  } catch {
    return {};
  }
};

const ofTarget = (target: string, fields: Fields): readonly Asked[] => {
  const [service = '', operation = ''] = target.split('.');
  if (service.startsWith('DynamoDB')) return ofTables(operation, fields);
  if (service === 'AmazonSQS') return ofQueues(operation, fields);
  if (service === 'secretsmanager')
    return [{ action: `secretsmanager:${operation}`, arn: String(fields['SecretId']) }];
  if (service === 'AWSEvents')
    return [{ action: `events:${operation}`, arn: ruleArn(fields['Name'] ?? fields['Rule']) }];
  if (service.startsWith('GraniteService'))
    return [{ action: `cloudwatch:${operation}`, arn: WATCHED[operation] ?? '*' }];
  if (service.startsWith('Logs_'))
    return [{ action: `logs:${operation}`, arn: logGroupArn(fields['logGroupName']) }];
  if (service === 'AmazonSSM')
    return [{ action: `ssm:${operation}`, arn: `arn:aws:ssm:${AT}:parameter${fields['Name']}` }];
  throw new RangeError(`what ${target} asks of IAM is not known here`);
};

/**
 * @param stack by whose name the roles of the template are called
 * @throws RangeError for a service that no command uses so far
 */
export const askedBy = (
  { headers, method = 'GET', url = '/' }: IncomingMessage,
  body: Buffer,
  stack: string,
): readonly Asked[] => {
  const target = headers['x-amz-target'];
  if (typeof target === 'string') return ofTarget(target, fieldsOf(body));
  const at = new URL(url, 'http://gate');
  // The doctor reads the clock of an answer to nobody's request.
  if (at.pathname === '/' && body.length === 0) return [];
  if (/^\/20\d\d-/.test(at.pathname)) return ofFunctions(at);
  if (at.pathname.startsWith('/schedules')) return ofSchedules(method, at, fieldsOf(body), stack);
  const form = new URLSearchParams(body.toString());
  const action = at.pathname === '/' ? form.get('Action') : null;
  if (action === null) return ofBucket(method, at.pathname);
  const arn = `arn:aws:cloudformation:${AT}:stack/${form.get('StackName')}/1`;
  return [{ action: `cloudformation:${action}`, arn }];
};
