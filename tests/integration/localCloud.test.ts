import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { BatchWriteItemCommand, DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { EventBridgeClient, PutEventsCommand } from '@aws-sdk/client-eventbridge';
import {
  DeleteMessageCommand,
  ReceiveMessageCommand,
  SendMessageCommand,
  SQSClient,
} from '@aws-sdk/client-sqs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Cloud, startCloud } from '#emulator/cloud.ts';
import { childrenOf, KNOWS_CHILDREN } from '../support/processes.ts';

const ASSEMBLY = 'tests/fixtures/local';

interface Report {
  readonly event: { readonly Records: readonly Record<string, unknown>[] };
  readonly bodies: readonly string[];
  readonly invocations: number;
  readonly pid: number;
  readonly env: readonly string[];
  readonly remaining: number;
}

let cloud: Cloud;
let sqs: SQSClient;
const reports: Report[] = [];
const printed: string[] = [];

beforeAll(async () => {
  cloud = await startCloud({
    assemblyDir: ASSEMBLY,
    onLog: ({ text }) => void printed.push(text),
  });
  const credentials = { accessKeyId: 'local', secretAccessKey: 'local' };
  sqs = new SQSClient({ region: cloud.region, endpoint: cloud.endpoints.sqs, credentials });
});
afterAll(async () => {
  sqs?.destroy();
  await cloud?.stop();
});

const url = (name: string): string => cloud.outputs[`${name}Url`] ?? expect.unreachable(name);

const receive = async (name: string): Promise<string[]> => {
  const QueueUrl = url(name);
  const request = new ReceiveMessageCommand({
    QueueUrl,
    MaxNumberOfMessages: 10,
    WaitTimeSeconds: 1,
  });
  const { Messages = [] } = await sqs.send(request);
  for (const { ReceiptHandle } of Messages)
    await sqs.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle }));
  return Messages.map(({ Body = '' }) => Body);
};

const send = (body: string): Promise<unknown> =>
  sqs.send(new SendMessageCommand({ QueueUrl: url('Work'), MessageBody: body }));

/** Reports so far whose batch held `body`. */
const seen = async (body: string): Promise<readonly Report[]> => {
  reports.push(...(await receive('Report')).map((text) => JSON.parse(text) as Report));
  return reports.filter(({ bodies }) => bodies.includes(body));
};

const untilSeen = (body: string, times = 1): Promise<readonly Report[]> =>
  expect
    .poll(() => seen(body), { timeout: 30_000 })
    .toHaveLength(times)
    .then(() => seen(body));

describe('a queue’s mapping', () => {
  it('gives the function Lambda’s event and variables, and deletes what succeeded', async () => {
    await send('plain');
    const [report] = await untilSeen('plain');
    expect(report?.event.Records[0]).toMatchObject({
      messageId: expect.any(String),
      receiptHandle: expect.any(String),
      body: 'plain',
      attributes: {
        ApproximateReceiveCount: '1',
        SentTimestamp: expect.stringMatching(/^\d{13}$/),
      },
      messageAttributes: {},
      md5OfBody: expect.any(String),
      eventSource: 'aws:sqs',
      eventSourceARN: expect.stringMatching(/^arn:aws:sqs:us-east-1:\d{12}:work$/),
      awsRegion: 'us-east-1',
    });
    expect(report?.remaining).toBeGreaterThan(2_000);
    expect(report?.remaining).toBeLessThanOrEqual(3_000);
    const own = ['REPORT_URL', 'TABLE'];
    expect(report?.env).toEqual(expect.arrayContaining([...own, 'AWS_LAMBDA_FUNCTION_NAME']));
    const lambdas = /^(?:AWS_|LAMBDA_|_HANDLER$|TZ$|LANG$|NODE_CHANNEL)/;
    expect(report?.env.filter((name) => !own.includes(name) && !lambdas.test(name))).toEqual([]);
  });

  it('returns what the function reports, and after maxReceiveCount to the dead letters', async () => {
    await send('fail-me');
    await untilSeen('fail-me', 2);
    await expect.poll(() => receive('Dead'), { timeout: 30_000 }).toContain('fail-me');
  });

  it.each(['throw', 'exit', 'hang'])('survives a function that answers with %s', async (body) => {
    await send(body);
    const [first] = await untilSeen(body, 2);
    await expect.poll(() => receive('Dead'), { timeout: 30_000 }).toContain(body);
    await send(`after ${body}`);
    const [after] = await untilSeen(`after ${body}`);
    if (body !== 'throw') expect(after?.pid).not.toBe(first?.pid);
  });
});

describe('a table’s mapping', () => {
  it('delivers in order what passes the filter, isolates poison, tells where it gave up', async () => {
    const client = new DynamoDBClient({
      region: cloud.region,
      endpoint: cloud.endpoints.dynamodb,
      credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
    });
    const numbers = ['1', '2', '-5', '666', '3', '4'];
    const puts = numbers.map((n, index) => ({
      PutRequest: { Item: { pk: { S: `key-${index}` }, n: { N: n } } },
    }));
    await client.send(new BatchWriteItemCommand({ RequestItems: { things: puts } }));
    client.destroy();
    for (const n of ['1', '2', '3', '4'])
      await expect.poll(async () => (await seen(n)).length, { timeout: 30_000 }).toBeGreaterThan(0);
    expect(await seen('-5')).toEqual([]);
    const alone = (await seen('666')).filter(({ bodies }) => bodies.length === 1);
    expect(alone.length).toBeGreaterThan(0);
    await expect
      .poll(
        async () =>
          (await receive('Lost')).map((text) => JSON.parse(text).DDBStreamBatchInfo?.batchSize),
        {
          timeout: 30_000,
        },
      )
      .toContain(1);
  });
});

describe('the event bus', () => {
  it('gives an event to the queues and topics whose pattern it fits, as their rule shapes it', async () => {
    const credentials = { accessKeyId: 'local', secretAccessKey: 'local' };
    const endpoint = cloud.endpoints.events;
    const client = new EventBridgeClient({ region: cloud.region, endpoint, credentials });
    const put = (to: string, Detail = JSON.stringify({ host: 'a"b', n: 7, to })) => ({
      Source: 'test.hosts',
      DetailType: 'Change',
      Detail,
    });
    const Entries = [put('online'), put('offline'), put('offline', '{')];
    const answer = await client.send(new PutEventsCommand({ Entries }));
    client.destroy();
    expect(answer).toMatchObject({
      FailedEntryCount: 1,
      Entries: [{}, { EventId: expect.any(String) }, { ErrorCode: 'MalformedDetail' }],
    });
    const shaped = { host: 'a"b', note: 'a"b is gone', n: 7 };
    await expect.poll(() => receive('Lost'), { timeout: 30_000 }).toEqual([JSON.stringify(shaped)]);
    const [text = ''] = await receive('Scheduled');
    expect(JSON.parse(text)).toMatchObject({ source: 'test.hosts', detail: { to: 'offline' } });
    // No policy of the third target lets the rule send.
    expect(printed.join('\n')).toMatch(/AccessDenied: no policy of \S+:closed .* rule Changes/);
    expect(await receive('Closed')).toEqual([]);
  });
});

describe('the template', () => {
  /** Processes of functions, where the kernel can tell. */
  const functionsHere = (): readonly number[] =>
    KNOWS_CHILDREN ? childrenOf(process.pid, process.execPath).toSorted() : [];

  it('has its intrinsics resolved', () => {
    expect(cloud.outputs['Joined']).toBe('arn:aws:x');
  });

  it('is refused before anything starts when a type is unknown, all of them named', async () => {
    const dir = mkdtempSync(join(tmpdir(), 'sheratan-unknown-'));
    const template = JSON.parse(readFileSync(join(ASSEMBLY, 'Local.template.json'), 'utf8'));
    template.Resources.Phone = { Type: 'AWS::Connect::Instance' };
    template.Resources.Car = { Type: 'AWS::IoTFleetWise::Vehicle' };
    writeFileSync(join(dir, 'Odd.template.json'), JSON.stringify(template));
    await expect(startCloud({ assemblyDir: dir })).rejects.toMatchObject({
      code: 'UNKNOWN_RESOURCE_TYPE',
      message: expect.stringMatching(
        /Phone \(AWS::Connect::Instance\), Car \(AWS::IoTFleetWise::Vehicle\)/,
      ),
    });
    rmSync(dir, { recursive: true });
  });

  it('is refused when a mapping sets what is not honoured here, and nothing goes on', async () => {
    const dir = mkdtempSync(join(tmpdir(), 'sheratan-setting-'));
    const template = JSON.parse(readFileSync(join(ASSEMBLY, 'Local.template.json'), 'utf8'));
    template.Resources.FromStream.Properties.TumblingWindowInSeconds = 60;
    writeFileSync(join(dir, 'Odd.template.json'), JSON.stringify(template));
    await expect(startCloud({ assemblyDir: dir })).rejects.toMatchObject({ code: 'ASSET_MISSING' });
    const before = functionsHere();
    cpSync(join(ASSEMBLY, 'asset.fn'), join(dir, 'asset.fn'), { recursive: true });
    await expect(startCloud({ assemblyDir: dir })).rejects.toMatchObject({
      code: 'UNSUPPORTED_PROPERTY',
      message: expect.stringContaining('TumblingWindowInSeconds'),
    });
    expect(functionsHere()).toEqual(before);
    rmSync(dir, { recursive: true });
  });
});

it('leaves no process behind when it stops', async () => {
  const other = await startCloud({ assemblyDir: ASSEMBLY });
  const pids = other.environments().map(({ pid }) => pid);
  expect(pids.length).toBeGreaterThan(0);
  await other.stop();
  for (const pid of pids) expect(() => process.kill(pid, 0)).toThrow(/ESRCH/);
});
