/**
 * One address for the servers of an embedded cloud, as a deployment has it: what they answer goes
 * through, CloudFormation's outputs and Lambda's mappings are added as the template has them. What
 * the servers cannot do wrong is done wrong here: rights that are missing, a clock that is off.
 */
import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders, type IncomingMessage, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { identify } from '#emulator/template/identities.ts';
import { resourcesOf } from '#emulator/template/properties.ts';
import { loadAssembly } from '#emulator/template/template.ts';
import { type Answer, answerOfMachines, asJson, type Machines, operationOf } from './machines.ts';

interface Mapping {
  readonly UUID: string;
  readonly EventSourceArn: string;
  readonly FunctionArn: string;
  /** Of a queue. */
  readonly ScalingConfig?: unknown;
  /** Of a stream. */
  readonly ParallelizationFactor?: unknown;
  State: string;
  StateTransitionReason?: string;
  LastProcessingResult?: string;
}

export interface Front extends Machines {
  readonly url: string;
  /** As Lambda lists them. */
  readonly mappings: Mapping[];
  /** Operations that whoever asks may not use. */
  readonly denied: Set<string>;
  /** What its clock is ahead, in ms. */
  skewMs: number;
  stop(): Promise<void>;
}

export interface FrontOptions {
  /** With the mappings. */
  readonly assemblyDir: string;
  readonly stackName: string;
  readonly outputs: Readonly<Record<string, string>>;
  readonly sqs: string;
  readonly dynamodb: string;
  /** What else commands reach; absent: there is none of them. */
  readonly others?: Readonly<Record<'s3' | 'scheduler' | 'secrets', string>>;
  /** Refuses a request before it is answered. */
  readonly judge?: (request: IncomingMessage, body: Buffer) => Promise<Answer | undefined>;
}

const BY_URL = ['sheratan-dev-signals', 'sheratan-dev-api'];
const ACCOUNT = '000000000000';
const REGION = 'us-east-1';

const mappingsOf = ({ assemblyDir, stackName, sqs }: FrontOptions): Mapping[] => {
  const { template } = loadAssembly(assemblyDir, stackName);
  const place = {
    region: REGION,
    accountId: ACCOUNT,
    stackName,
    sqsEndpoint: sqs,
    urlsEndpoint: '',
  };
  const pseudo = {
    'AWS::Region': REGION,
    'AWS::AccountId': ACCOUNT,
    'AWS::Partition': 'aws',
    'AWS::StackName': stackName,
    'AWS::StackId': stackName,
    'AWS::URLSuffix': 'amazonaws.com',
  };
  const context = { pseudo, identities: identify(template, place) };
  return resourcesOf(template, ['AWS::Lambda::EventSourceMapping'], context).map(
    ({ id, properties }) => ({
      UUID: id,
      EventSourceArn: String(properties['EventSourceArn']),
      FunctionArn: `arn:aws:lambda:${REGION}:${ACCOUNT}:function:${properties['FunctionName']}`,
      ScalingConfig: properties['ScalingConfig'],
      ParallelizationFactor: properties['ParallelizationFactor'],
      State: 'Enabled',
    }),
  );
};

/** What CloudFormation answers to DescribeStacks. */
export const stacksOf = (stackName: string, outputs: FrontOptions['outputs']): string => {
  const members = Object.entries(outputs).map(
    ([key, value]) =>
      `<member><OutputKey>${key}</OutputKey><OutputValue>${value}</OutputValue></member>`,
  );
  return (
    '<DescribeStacksResponse xmlns="http://cloudformation.amazonaws.com/doc/2010-05-15/">' +
    `<DescribeStacksResult><Stacks><member><StackName>${stackName}</StackName>` +
    `<StackId>arn:aws:cloudformation:${REGION}:${ACCOUNT}:stack/${stackName}/1</StackId>` +
    '<CreationTime>2026-01-01T00:00:00Z</CreationTime><StackStatus>CREATE_COMPLETE</StackStatus>' +
    `<Outputs>${members.join('')}</Outputs></member></Stacks></DescribeStacksResult>` +
    '</DescribeStacksResponse>'
  );
};

/** The answer to what whoever asks may not do, in the form of its service. */
export const refused = (operation: string): Answer => {
  const message = `User: arn:aws:iam::${ACCOUNT}:user/ada is not authorized to perform: ${operation}`;
  const error = `<Error><Type>Sender</Type><Code>AccessDenied</Code><Message>${message}</Message></Error>`;
  const asXml = { status: 403, headers: { 'content-type': 'text/xml' } };
  if (operation.startsWith('s3:')) return { ...asXml, body: error };
  if (/^cloudformation:|^ListStackResources$/.test(operation))
    return { ...asXml, body: `<ErrorResponse>${error}</ErrorResponse>` };
  return {
    status: 400,
    headers: {
      'content-type': 'application/x-amz-json-1.0',
      'x-amzn-errortype': 'AccessDeniedException',
    },
    body: JSON.stringify({ __type: 'AccessDeniedException', message }),
  };
};

const HOP_BY_HOP = ['host', 'connection', 'content-length', 'accept-encoding', 'expect'];

const withoutHops = (headers: IncomingHttpHeaders): Record<string, string> =>
  Object.fromEntries(
    Object.entries(headers).flatMap(([name, value]) =>
      HOP_BY_HOP.includes(name) || typeof value !== 'string' ? [] : [[name, value] as const],
    ),
  );

/** `fetch` would take twice the time, and every request of a command passes here. */
const forwarded = async (to: string, asked: IncomingMessage, body: Buffer): Promise<Answer> => {
  const outgoing = request(new URL(asked.url ?? '/', to), {
    method: asked.method ?? 'POST',
    headers: { ...withoutHops(asked.headers), 'content-length': body.length },
  });
  outgoing.end(body);
  const [answer] = (await once(outgoing, 'response')) as [IncomingMessage];
  return {
    status: answer.statusCode ?? 502,
    headers: withoutHops(answer.headers),
    body: await buffer(answer),
  };
};

const STORES = { AmazonSQS: 'sqs', DynamoDB: 'dynamodb' } as const;

/** The server that a request is for; undefined: it is answered here. */
const serverOf = (
  { headers, url = '/' }: IncomingMessage,
  body: Buffer,
  { others, ...stores }: FrontOptions,
): string | undefined => {
  const target = headers['x-amz-target'];
  if (typeof target === 'string') {
    if (target.startsWith('secretsmanager')) return others?.secrets;
    const [, store] = Object.entries(STORES).find(([name]) => target.startsWith(name)) ?? [];
    return store && stores[store];
  }
  if (url.startsWith('/schedules')) return others?.scheduler;
  const { pathname } = new URL(url, 'http://front');
  const isForm = pathname === '/' && new URLSearchParams(body.toString()).has('Action');
  return isForm || /^\/20\d\d-/.test(pathname) ? undefined : others?.s3;
};

export const startFront = async (options: FrontOptions): Promise<Front> => {
  const { stackName, sqs } = options;
  const denied: Front['denied'] = new Set();
  const mappings = mappingsOf(options);
  const answer = async (request: IncomingMessage, body: Buffer): Promise<Answer> =>
    (await options.judge?.(request, body)) ?? served(request, body);
  const served = (request: IncomingMessage, body: Buffer): Promise<Answer> | Answer => {
    const operation = operationOf(request, body);
    if (denied.has(operation)) return refused(operation);
    const server = serverOf(request, body, options);
    if (server !== undefined) return forwarded(server, request, body);
    if (operation === 'ListEventSourceMappings') return asJson({ EventSourceMappings: mappings });
    if (operation === 'DescribeStacks') {
      const outputs = Object.entries(options.outputs).map(([name, value]) => [
        name,
        value.replace(sqs, front.url),
      ]);
      return { status: 200, headers: {}, body: stacksOf(stackName, Object.fromEntries(outputs)) };
    }
    return (
      answerOfMachines(operation, request, body, front) ?? { status: 404, headers: {}, body: '' }
    );
  };
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', async () => {
      const { status, headers, body } = await answer(request, Buffer.concat(chunks));
      const date = new Date(Date.now() + front.skewMs).toUTCString();
      response.writeHead(status, { ...headers, date }).end(body);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const front: Front = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    mappings,
    functions: new Set([
      ...mappings.map(({ FunctionArn }) => FunctionArn.split(':function:').at(-1) ?? ''),
      ...BY_URL,
    ]),
    reserved: new Map(BY_URL.map((name) => [name, 10])),
    rules: new Map([
      [
        `${stackName}-EveryMinute`,
        { State: 'ENABLED', targets: [`arn:aws:sqs:${REGION}:${ACCOUNT}:sheratan-dev-probes`] },
      ],
    ]),
    metrics: new Map(),
    concurrentExecutions: 1_000,
    denied,
    skewMs: 0,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
  return front;
};
