import {
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { BatchWriteItemCommand, DynamoDBClient } from '@aws-sdk/client-dynamodb';
import {
  DeleteMessageCommand,
  ReceiveMessageCommand,
  SendMessageCommand,
  SQSClient,
} from '@aws-sdk/client-sqs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Cloud, type CloudOptions, startCloud } from '#emulator/cloud.ts';
import { keptIn } from '#emulator/data/kept.ts';
import { startFunctionUrls } from '#emulator/services/functionUrls.ts';
import { nativeBinary } from '#emulator/tables/nativeTables.ts';

const ASSEMBLY = 'tests/fixtures/local';
const CREDENTIALS = { accessKeyId: 'local', secretAccessKey: 'local' };

let dataDir: string;
const running: Cloud[] = [];
beforeEach(() => {
  dataDir = mkdtempSync(join(tmpdir(), 'sheratan-data-'));
});
afterEach(async () => {
  for (const each of running.splice(0)) await each.stop();
  rmSync(dataDir, { recursive: true });
});

const start = async (over: Partial<CloudOptions> = {}): Promise<Cloud> => {
  const cloud = await startCloud({ assemblyDir: ASSEMBLY, dataDir, ...over });
  running.push(cloud);
  return cloud;
};
const stop = async (cloud: Cloud): Promise<void> => {
  running.splice(running.indexOf(cloud), 1);
  await cloud.stop();
};

const put = async ({ region, endpoints }: Cloud, ...numbers: number[]): Promise<void> => {
  const at = { region, endpoint: endpoints.dynamodb, credentials: CREDENTIALS };
  const client = new DynamoDBClient(at);
  const things = numbers.map((n) => ({
    PutRequest: { Item: { pk: { S: `key-${n}` }, n: { N: String(n) } } },
  }));
  await client.send(new BatchWriteItemCommand({ RequestItems: { things } }));
  client.destroy();
};

const queue = async <T>(
  { region, endpoints, outputs }: Cloud,
  name: string,
  use: (sqs: SQSClient, QueueUrl: string) => Promise<T>,
): Promise<T> => {
  const sqs = new SQSClient({ region, endpoint: endpoints.sqs, credentials: CREDENTIALS });
  try {
    return await use(sqs, outputs[`${name}Url`] ?? '');
  } finally {
    sqs.destroy();
  }
};
const receive = (cloud: Cloud, name: string): Promise<readonly string[]> =>
  queue(cloud, name, async (sqs, QueueUrl) => {
    const { Messages = [] } = await sqs.send(
      new ReceiveMessageCommand({ QueueUrl, MaxNumberOfMessages: 10, WaitTimeSeconds: 1 }),
    );
    for (const { ReceiptHandle } of Messages)
      await sqs.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle }));
    return Messages.map(({ Body = '' }) => Body);
  });

/** What the function was given of the stream since, until all of `numbers` have come. */
const delivered = async (cloud: Cloud, numbers: readonly string[]): Promise<readonly string[]> => {
  const seen: string[] = [];
  const look = async (): Promise<readonly string[]> => {
    for (const text of await receive(cloud, 'Report')) seen.push(...JSON.parse(text).bodies);
    return seen;
  };
  await expect.poll(look, { timeout: 50_000 }).toEqual(expect.arrayContaining([...numbers]));
  return seen;
};

/** Waits until the folder says that so many changes were delivered: a delivery cut off does not count. */
const handled = async (cloud: Cloud, changes: number): Promise<void> => {
  const numbers: string[] = [];
  const following = cloud.follow('things', (records) => {
    // The items of the table come first, as records without a number.
    const told = records.map(({ dynamodb }) => dynamodb.SequenceNumber);
    numbers.push(...told.filter((each) => each !== ''));
  });
  await expect.poll(() => numbers.length, { timeout: 50_000 }).toBe(changes);
  await following.stop();
  const file = new DatabaseSync(join(dataDir, 'positions.db'), { readOnly: true });
  const kept = () =>
    file
      .prepare('SELECT after FROM positions')
      .all()
      .map(({ after }) => after);
  await expect.poll(kept, { timeout: 50_000 }).toEqual([numbers.at(-1)]);
  file.close();
};

describe.skipIf(nativeBinary() === undefined)('a cloud with a data folder', () => {
  it('goes on from where it was: queues, tables and their streams', async () => {
    const first = await start();
    await put(first, 1, 2);
    await delivered(first, ['1', '2']);
    await handled(first, 2);
    await queue(first, 'Scheduled', (sqs, QueueUrl) =>
      sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: 'kept' })),
    );
    const { outputs, endpoints } = first;
    await stop(first);
    const second = await start();
    expect(second.outputs).toEqual(outputs);
    // Programs that were at work go on.
    const { sqs, s3, dynamodb } = endpoints;
    expect(second.endpoints).toMatchObject({ sqs, s3, dynamodb });
    expect(await receive(second, 'Scheduled')).toEqual(['kept']);
    await put(second, 3);
    expect(await delivered(second, ['3'])).toEqual(['3']);
    expect(await second.tables()).toMatchObject([{ name: 'things', items: 3 }]);
  });

  it('delivers at the next start what was written and not yet delivered', async () => {
    const template = JSON.parse(readFileSync(join(ASSEMBLY, 'Local.template.json'), 'utf8'));
    template.Resources.FromStream.Properties.MaximumBatchingWindowInSeconds = 300;
    const slow = mkdtempSync(join(tmpdir(), 'sheratan-slow-'));
    writeFileSync(join(slow, 'Local.template.json'), JSON.stringify(template));
    symlinkSync(join(process.cwd(), ASSEMBLY, 'asset.fn'), join(slow, 'asset.fn'));
    const first = await start({ assemblyDir: slow });
    await put(first, 4);
    await stop(first);
    rmSync(slow, { recursive: true });
    expect(await delivered(await start(), ['4'])).toEqual(['4']);
  });

  it('is the only one that uses it', async () => {
    const first = await start();
    await expect(start()).rejects.toMatchObject({ code: 'DATA_FOLDER_IN_USE' });
    await put(first, 1);
    await stop(first);
    await start();
  });

  it.each([
    ['layout', 0],
    ['stack', 'Sheratan-prod'],
    ['tables', 'dynoxide 0.9.0'],
    ['messages', 'fauxqs 1.0.0'],
  ])('refuses one of another %s by name, and leaves it as it is', async (name, value) => {
    await stop(await start());
    const file = join(dataDir, 'sheratan.json');
    const manifest = { ...JSON.parse(readFileSync(file, 'utf8')), [name]: value };
    writeFileSync(file, JSON.stringify(manifest));
    await expect(start()).rejects.toMatchObject({
      code: 'DATA_FOLDER_UNKNOWN',
      message: expect.stringContaining(`was written with ${name} ${JSON.stringify(value)}`),
    });
    expect(JSON.parse(readFileSync(file, 'utf8'))).toEqual(manifest);
  });

  it.each(['port', 'schedules', 'secrets'])(
    'refuses damaged %s by the file, and lets go of the folder',
    async (name) => {
      await stop(await start());
      const file = join(dataDir, `${name}.json`);
      const whole = existsSync(file) ? readFileSync(file, 'utf8') : '{}';
      writeFileSync(file, '{');
      await expect(start()).rejects.toMatchObject({
        code: 'DATA_FOLDER_DAMAGED',
        message: expect.stringContaining(file),
      });
      writeFileSync(file, whole);
      await start();
    },
  );

  it('refuses tables of another shape', async () => {
    await stop(await start());
    const template = JSON.parse(readFileSync(join(ASSEMBLY, 'Local.template.json'), 'utf8'));
    const { Properties } = template.Resources.Table;
    Properties.KeySchema.push({ AttributeName: 'sk', KeyType: 'RANGE' });
    Properties.AttributeDefinitions.push({ AttributeName: 'sk', AttributeType: 'S' });
    const other = mkdtempSync(join(tmpdir(), 'sheratan-shape-'));
    writeFileSync(join(other, 'Local.template.json'), JSON.stringify(template));
    await expect(start({ assemblyDir: other })).rejects.toMatchObject({
      code: 'DATA_FOLDER_UNKNOWN',
      message: expect.stringContaining('Table things'),
    });
    rmSync(other, { recursive: true });
  });
});

it('refuses a folder of somebody else, and puts nothing into it', async () => {
  writeFileSync(join(dataDir, 'thesis.txt'), 'do not touch');
  await expect(start()).rejects.toMatchObject({
    code: 'DATA_FOLDER_UNKNOWN',
    message: expect.stringContaining('thesis.txt'),
  });
  expect(readdirSync(dataDir)).toEqual(['thesis.txt']);
});

it('is refused for an engine that keeps nothing', async () => {
  await expect(start({ tables: 'dynamodb-local' })).rejects.toMatchObject({
    code: 'DATA_NEEDS_NATIVE',
  });
});

it('tells that function URLs move, when another server has their port', async () => {
  const template = { Resources: { Url: { Type: 'AWS::Lambda::Url' } } };
  const port = keptIn<number>(join(dataDir, 'urls-port.json'));
  const told: string[] = [];
  const begin = () => startFunctionUrls(template, port, (text) => told.push(text));
  const first = await begin();
  const second = await begin();
  await Promise.all([first.stop(), second.stop()]);
  expect(second.endpoint).not.toBe(first.endpoint);
  const { port: taken } = new URL(first.endpoint);
  expect(told).toEqual([`the function URLs move: port ${taken}, which they had, is taken`]);
});
