/** What becomes of a request by the short way when the wire or the table does not do as usual. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import {
  ConditionalCheckFailedException,
  DynamoDBClient,
  GetItemCommand,
  TransactionCanceledException,
} from '@aws-sdk/client-dynamodb';
import {
  type DynamoDBDocumentClient,
  GetCommand,
  PutCommand,
  TransactWriteCommand,
  UpdateCommand,
} from '@aws-sdk/lib-dynamodb';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { OPTIONS } from '#shared/aws/clients.ts';
import { tableClient } from '#shared/aws/tableClient.ts';
import { countTable, tellUsage } from '#shared/aws/usage.ts';
import { USAGE_METRICS } from '#shared/contracts/metrics.ts';

const HOUR_MS = 3_600_000;

type Answer = (response: ServerResponse, request: IncomingMessage) => void;

const told =
  (status: number, body: object | string): Answer =>
  (response) => {
    response.writeHead(status, { 'content-type': 'application/x-amz-json-1.0' });
    response.end(typeof body === 'string' ? body : JSON.stringify(body));
  };
const refused = (name: string, more: object = {}, status = 400): Answer =>
  told(status, { __type: `com.amazonaws.dynamodb.v20120810#${name}`, message: name, ...more });
const fine = told(200, { Attributes: { n: { N: '1' } }, ConsumedCapacity: { CapacityUnits: 2 } });
const reset: Answer = (_response, request) => request.socket.destroy();
const never: Answer = () => undefined;
const cutOff: Answer = (response) => {
  response.writeHead(200, { 'content-length': 100 });
  response.write('{"Attributes":', () => response.destroy());
};
const stalled: Answer = (response) => {
  response.writeHead(200, { 'content-length': 100 });
  response.write('{"Attributes":');
};

interface Seen {
  readonly isShort: boolean;
  /** ms since the epoch. */
  readonly signedAt: number;
  readonly body: Readonly<Record<string, unknown>>;
}

let server: Server;
let sdk: DynamoDBClient;
let client: DynamoDBDocumentClient;
let answers: Answer[];
let seen: Seen[];
/** By how much the table's clock is ahead. */
let skewMs: number;

beforeEach(async () => {
  [answers, seen, skewMs] = [[], [], 0];
  server = createServer((request, response) => {
    let text = '';
    request.on('data', (chunk: Buffer) => {
      text += chunk.toString();
    });
    request.on('end', () => {
      // The SDK numbers its tries.
      const { 'amz-sdk-request': numbered, 'x-amz-date': signed = '' } = request.headers;
      const [, day, time] = /^(\d{8})T(\d{6})Z$/.exec(String(signed)) ?? [];
      const [y, mo, d, h, mi, s] = `${day}${time}`.match(/^\d{4}|\d\d/g) ?? [];
      const signedAt = Date.parse(`${y}-${mo}-${d}T${h}:${mi}:${s}Z`);
      seen.push({ isShort: !numbered, signedAt, body: JSON.parse(text) });
      response.setHeader('date', new Date(Date.now() + skewMs).toUTCString());
      (answers.shift() ?? fine)(response, request);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const quick = { ...OPTIONS.requestHandler, requestTimeout: 300, socketTimeout: 300 };
  sdk = new DynamoDBClient({
    ...OPTIONS,
    requestHandler: quick,
    region: 'us-east-1',
    endpoint: `http://127.0.0.1:${port}`,
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
  });
  client = tableClient(sdk);
  await client.send(new GetCommand({ TableName: 't', Key: { pk: 'a' } }));
  expect(seen).toMatchObject([{ isShort: false }]);
  seen = [];
});

afterEach(() => {
  sdk.destroy();
  server.closeAllConnections();
  return new Promise((resolve) => server.close(resolve));
});

const update = () =>
  client.send(
    new UpdateCommand({ TableName: 't', Key: { pk: 'a' }, UpdateExpression: 'ADD #n :n' }),
  );
const ways = (): readonly string[] => seen.map(({ isShort }) => (isShort ? 'short' : 'SDK'));

it('sends one request when the answer is plain', async () => {
  expect(await update()).toMatchObject({ Attributes: { n: 1 } });
  expect(ways()).toEqual(['short']);
});

describe.each([
  ['the connection is lost', reset],
  ['no answer comes', never],
  ['the answer is cut off', cutOff],
  ['the answer stalls', stalled],
  ['the answer is no JSON', told(200, '<html>')],
  ['the table is throttled', refused('ProvisionedThroughputExceededException')],
  ['the service fails', refused('InternalServerError', {}, 500)],
  ['a proxy fails', told(503, 'busy')],
  ['a transaction is under way', refused('TransactionInProgressException')],
])('%s', (_what, fault) => {
  it('the SDK sends the same again, and the short way stays open', async () => {
    answers = [fault];
    expect(await update()).toMatchObject({ Attributes: { n: 1 } });
    expect(ways()).toEqual(['short', 'SDK']);
    expect(seen[1]?.body).toEqual(seen[0]?.body);
    await update();
    expect(ways().at(-1)).toBe('short');
  });
});

it('tells what the SDK tells when that is refused, too', async () => {
  answers = [1, 2].map(() => refused('ValidationException'));
  await expect(update()).rejects.toMatchObject({ name: 'ValidationException' });
  expect(ways()).toEqual(['short', 'SDK']);
  await update();
  expect(ways().at(-1)).toBe('short');
});

it('goes the SDK’s way from then on when only the short way is refused', async () => {
  answers = [refused('InvalidSignatureException')];
  expect(await update()).toMatchObject({ Attributes: { n: 1 } });
  await update();
  expect(ways()).toEqual(['short', 'SDK', 'SDK']);
});

it('gives up after the SDK’s tries', async () => {
  answers = Array.from({ length: 9 }, () => reset);
  await expect(update()).rejects.toThrow();
  expect(ways()).toEqual(['short', 'SDK', 'SDK', 'SDK']);
});

describe('a condition that is not met', () => {
  it('is told at once, with the item', async () => {
    answers = [
      refused('ConditionalCheckFailedException', { Item: { pk: { S: 'a' }, b: { B: 'AQI=' } } }),
    ];
    const error = await update().catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(ConditionalCheckFailedException);
    expect(error).toMatchObject({
      message: 'ConditionalCheckFailedException',
      Item: { pk: { S: 'a' }, b: { B: new Uint8Array([1, 2]) } },
    });
    expect(ways()).toEqual(['short']);
  });

  it('is told at once, with the reasons of a transaction', async () => {
    const CancellationReasons = [{ Code: 'None' }, { Code: 'ConditionalCheckFailed', Item: {} }];
    answers = [refused('TransactionCanceledException', { CancellationReasons })];
    const error = await update().catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(TransactionCanceledException);
    expect(error).toMatchObject({ CancellationReasons });
    expect(ways()).toEqual(['short']);
  });
});

it.each([undefined, 'mine'])('gives both tries of a transaction one token: %s', async (token) => {
  answers = [reset];
  const Put = { TableName: 't', Item: { pk: 'a' } };
  await client.send(
    new TransactWriteCommand({ ClientRequestToken: token, TransactItems: [{ Put }] }),
  );
  const [first, second] = seen.map(({ body }) => body['ClientRequestToken']);
  expect(first).toEqual(token ?? expect.stringMatching(/./));
  expect(second).toBe(first);
});

it('signs by the table’s clock, once the SDK has seen that ours is wrong', async () => {
  skewMs = HOUR_MS;
  answers = [refused('InvalidSignatureException'), refused('InvalidSignatureException')];
  await update();
  await update();
  expect(ways()).toEqual(['short', 'SDK', 'SDK', 'short']);
  const [wrong = 0, , , right = 0] = seen.map(({ signedAt }) => signedAt);
  expect(right - wrong).toBeGreaterThan(HOUR_MS / 2);
});

it('lets each client of one SDK client read numbers in its own way', async () => {
  const wrapNumbers = (text: string) => BigInt(text);
  const exact = tableClient(sdk, { wrapNumbers });
  const put = new PutCommand({ TableName: 't', Item: { pk: 'a' } });
  for (let times = 0; times < 2; times += 1) {
    expect(await exact.send(put)).toMatchObject({ Attributes: { n: 1n } });
    expect(await client.send(put)).toMatchObject({ Attributes: { n: 1 } });
  }
});

it('counts the units of each request once, whichever way it goes', async () => {
  const counted = countTable(tableClient(countTable(sdk)));
  const put = new PutCommand({ TableName: 't', Item: { pk: 'a' } });
  const units = () => {
    let written = 0;
    const addUsage = (name: string, _unit: string, value: number) => {
      if (name === USAGE_METRICS.writeUnits) written += value;
    };
    tellUsage({ addUsage }, 0, 128);
    return written;
  };
  units();
  await counted.send(put);
  expect(units()).toBe(2);
  await counted.send(put);
  expect(units()).toBe(2);
  answers = [reset];
  await counted.send(put);
  expect(units()).toBe(2);
  await sdk.send(new GetItemCommand({ TableName: 't', Key: { pk: { S: 'a' } } }));
  expect(ways()).toEqual(['SDK', 'short', 'short', 'SDK', 'SDK']);
});
