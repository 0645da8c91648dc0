/** The short way to a table sends and reads what the SDK's document client sends and reads. */
import { Readable } from 'node:stream';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import {
  BatchGetCommand,
  BatchWriteCommand,
  DeleteCommand,
  DynamoDBDocumentClient,
  GetCommand,
  PutCommand,
  QueryCommand,
  ScanCommand,
  TransactGetCommand,
  TransactWriteCommand,
  UpdateCommand,
} from '@aws-sdk/lib-dynamodb';
import { marshall } from '@aws-sdk/util-dynamodb';
import { SignatureV4 } from '@smithy/signature-v4';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { requestText } from '#shared/aws/itemShapes.ts';
import { Sha256 } from '#shared/aws/sha256.ts';
import { tableClient } from '#shared/aws/tableClient.ts';

/** The SDK changes what it is given. */
const translation = () => ({
  marshallOptions: { removeUndefinedValues: true },
  unmarshallOptions: { wrapNumbers: (text: string) => BigInt(text) },
});
const credentials = { accessKeyId: 'test', secretAccessKey: 'test', sessionToken: 'session' };

const value = fc.letrec((tie) => ({
  leaf: fc.oneof(
    fc.string(),
    fc.maxSafeInteger(),
    fc.bigInt({ min: -(10n ** 37n), max: 10n ** 37n }),
    fc.boolean(),
    fc.constant(null),
    fc.constant(undefined),
    fc.uint8Array({ minLength: 1 }),
    fc.uniqueArray(fc.string({ minLength: 1 }), { minLength: 1 }).map((all) => new Set(all)),
    fc.uniqueArray(fc.maxSafeInteger(), { minLength: 1 }).map((all) => new Set(all)),
    fc
      .uniqueArray(fc.uint8Array({ minLength: 1 }), { minLength: 1, selector: String })
      .map((all) => new Set(all)),
  ),
  any: fc.oneof(
    { maxDepth: 3 },
    tie('leaf'),
    fc.array(
      tie('any').filter((each) => each !== undefined),
      { maxLength: 3 },
    ),
    tie('fields'),
  ),
  // Attributes may have the names of types, of fields, and of what is no attribute at all.
  fields: fc.dictionary(
    fc.oneof(fc.string(), fc.constantFrom('B', 'BS', 'S', 'M', 'Key', 'Item', 'Items')),
    tie('any'),
    { maxKeys: 4 },
  ),
})).fields as fc.Arbitrary<Record<string, unknown>>;
/** No item is empty: each has a key. */
const item = value.map((fields) => ({ ...fields, pk: 'key' }));

interface Told {
  readonly sent: unknown;
  readonly output: unknown;
}

/** Answers each request with the next of the answers; keeps the bodies. */
const listening = (answers: readonly string[]) => {
  const sent: string[] = [];
  const handle = ({ body }: { readonly body: string | Uint8Array }) => {
    sent.push(typeof body === 'string' ? body : new TextDecoder().decode(body));
    const text = answers[sent.length - 1] ?? '{}';
    const response = { statusCode: 200, headers: {}, body: Readable.from([Buffer.from(text)]) };
    return Promise.resolve({ response });
  };
  const sdk = new DynamoDBClient({
    region: 'us-east-1',
    credentials,
    requestHandler: { handle } as never,
  });
  return { sdk, sent };
};

const withoutMetadata = ({ $metadata, ...output }: { readonly $metadata: unknown }): unknown =>
  output;

type Make = () => unknown;

const bySdk = async (make: Make, answer: string): Promise<Told> => {
  const { sdk, sent } = listening([answer]);
  const output = await DynamoDBDocumentClient.from(sdk, translation()).send(make() as never);
  return { sent: JSON.parse(sent[0] ?? ''), output: withoutMetadata(output) };
};

/** The first request tells the address, so the second is looked at. */
const byShortWay = async (make: Make, answer: string): Promise<Told> => {
  const { sdk, sent } = listening(['{}', answer]);
  const client = tableClient(sdk, translation().unmarshallOptions);
  await client.send(new GetCommand({ TableName: 't', Key: { pk: 'a' } }));
  const output = await client.send(make() as never);
  expect(sent).toHaveLength(2);
  return { sent: JSON.parse(sent[1] ?? ''), output: withoutMetadata(output) };
};

const wire = (fields: Record<string, unknown>) => marshall(fields, translation().marshallOptions);

/** Each operation with items wherever it can have them, and an answer that has them, too. */
const exchanges = (
  a: Record<string, unknown>,
  b: Record<string, unknown>,
): readonly (readonly [make: Make, answer: object])[] => {
  const of = { TableName: 'Item', ExpressionAttributeValues: a };
  const [x, y] = [wire(a), wire(b)];
  const page = { Items: [x, y], LastEvaluatedKey: y, Count: 2 };
  return [
    [() => new GetCommand({ TableName: 'Key', Key: a }), { Item: x }],
    [() => new GetCommand({ TableName: 'Key', Key: a }), {}],
    [() => new PutCommand({ ...of, Item: b }), { Attributes: y }],
    [
      () => new UpdateCommand({ ...of, Key: b, UpdateExpression: 'SET #a = :a' }),
      { Attributes: y },
    ],
    [() => new DeleteCommand({ ...of, Key: b }), { Attributes: x }],
    [() => new QueryCommand({ ...of, ExclusiveStartKey: b, Limit: 3 }), page],
    [() => new ScanCommand({ ...of, ExclusiveStartKey: b, ConsistentRead: true }), page],
    [
      () => new BatchGetCommand({ RequestItems: { Keys: { Keys: [a, b] }, u: { Keys: [b] } } }),
      { Responses: { Keys: [x], u: [] }, UnprocessedKeys: { u: { Keys: [y] } } },
    ],
    [
      () =>
        new BatchWriteCommand({
          RequestItems: {
            Items: [{ PutRequest: { Item: a } }, { DeleteRequest: { Key: b } }],
          },
        }),
      { UnprocessedItems: { Items: [{ DeleteRequest: { Key: y } }] } },
    ],
    [
      () => new TransactGetCommand({ TransactItems: [{ Get: { TableName: 't', Key: a } }] }),
      { Responses: [{ Item: x }, {}] },
    ],
    [
      () =>
        new TransactWriteCommand({
          ClientRequestToken: 'token',
          TransactItems: [
            { Put: { ...of, Item: b } },
            { Update: { ...of, Key: b, UpdateExpression: 'SET #a = :a' } },
            { Delete: { TableName: 't', Key: a } },
            { ConditionCheck: { ...of, Key: a, ConditionExpression: '#a = :a' } },
          ],
        }),
      { ConsumedCapacity: [{ TableName: 't', CapacityUnits: 4 }] },
    ],
  ];
};

it('sends and reads what the SDK sends and reads, whatever is in the items', async () => {
  await fc.assert(
    fc.asyncProperty(item, item, async (a, b) => {
      for (const [make, answer] of exchanges(a, b)) {
        const text = requestText(answer);
        expect(await byShortWay(make, text)).toEqual(await bySdk(make, text));
      }
    }),
    { numRuns: 20 },
  );
});

it('hashes and signs what the SDK hashes and signs', async () => {
  const { sha256 } = new DynamoDBClient({ region: 'us-east-1' }).config;
  await fc.assert(
    fc.asyncProperty(
      fc.string(),
      fc.record({
        accessKeyId: fc.string({ minLength: 1 }),
        secretAccessKey: fc.string({ minLength: 1 }),
      }),
      fc.date({ noInvalidDate: true, min: new Date(0), max: new Date('2200-01-01') }),
      async (body, keys, signingDate) => {
        const request = {
          method: 'POST',
          protocol: 'https:',
          hostname: 'dynamodb.eu-central-1.amazonaws.com',
          path: '/',
          headers: { host: 'dynamodb.eu-central-1.amazonaws.com' },
          body,
        };
        const signed = (by: typeof Sha256) =>
          new SignatureV4({
            credentials: keys,
            region: 'eu-central-1',
            service: 'dynamodb',
            sha256: by,
          }).sign(request, { signingDate });
        // Twice: the second time each key is known.
        for (let times = 0; times < 2; times += 1)
          expect(await signed(Sha256)).toEqual(await signed(sha256));
      },
    ),
  );
});
