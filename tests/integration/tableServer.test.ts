import { existsSync, mkdirSync, readdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DynamoDBClient, GetItemCommand, PutItemCommand } from '@aws-sdk/client-dynamodb';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { nativeBinary } from '#infra/local/nativeTables.ts';
import { startTableServer, type TableServer } from '#infra/local/tableServer.ts';
import { createTable } from '#infra/local/tables.ts';

afterEach(() => {
  vi.unstubAllEnvs();
});

it('says what to install when there is neither the native engine nor Java nor Docker', async () => {
  vi.stubEnv('PATH', '/nowhere');
  await expect(startTableServer({ engine: 'dynamodb-local' })).rejects.toMatchObject({
    code: 'NO_TABLE_ENGINE',
    message: expect.stringMatching(
      /npm i --no-save @dynoxide\/\S+-\S+@[\d.]+.*Java 17.*apt-get install.*brew install.*Docker/,
    ),
  });
});

it('refuses an engine that it does not know, by name', async () => {
  vi.stubEnv('SHERATAN_TABLES', 'sqlite');
  await expect(startTableServer()).rejects.toMatchObject({
    code: 'UNKNOWN_TABLE_ENGINE',
    message: expect.stringContaining('native or dynamodb-local'),
  });
});

// Where the package for this platform is not installed there is nothing to look at.
it.skipIf(nativeBinary() === undefined)(
  'prefers the native engine, removes what killed processes left, leaves nothing behind',
  async () => {
    const parents = ['/dev/shm', tmpdir()].filter(existsSync);
    const mine = () =>
      parents.flatMap((parent) =>
        readdirSync(parent).filter((name) => name.startsWith(`sheratan-tables-${process.pid}-`)),
      );
    // The highest process id of Linux and of macOS is lower.
    const left = parents.map((parent) => join(parent, 'sheratan-tables-99999999-killed'));
    for (const folder of left) mkdirSync(folder, { recursive: true });
    const before = mine().length;
    const server = await startTableServer();
    expect(server.engine).toBe('native');
    expect(left.filter(existsSync)).toEqual([]);
    expect(mine()).toHaveLength(before + 1);
    await server.stop();
    expect(mine()).toHaveLength(before);
  },
);

const TABLE = 'things';
const clientOf = ({ endpoint }: TableServer): DynamoDBClient =>
  new DynamoDBClient({
    ...{ endpoint, region: 'us-east-1', maxAttempts: 100 },
    credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
  });

describe.skipIf(nativeBinary() === undefined)('a native server that is killed', () => {
  const faults: string[] = [];
  let server: TableServer;
  let client: DynamoDBClient;

  beforeEach(async () => {
    server = await startTableServer({ engine: 'native', onFault: (text) => faults.push(text) });
    client = clientOf(server);
  });
  afterEach(async () => {
    client.destroy();
    await server.stop();
  });

  it('is started again at the same address with its data, and says so', async () => {
    await createTable(client, TABLE, {
      KeySchema: [{ AttributeName: 'pk', KeyType: 'HASH' }],
      AttributeDefinitions: [{ AttributeName: 'pk', AttributeType: 'S' }],
    });
    await client.send(new PutItemCommand({ TableName: TABLE, Item: { pk: { S: 'kept' } } }));
    const { pid = 0 } = server;
    process.kill(pid, 'SIGKILL');
    await expect.poll(() => server.pid, { timeout: 50_000 }).not.toBe(pid);
    const { Item } = await client.send(
      new GetItemCommand({ TableName: TABLE, Key: { pk: { S: 'kept' } } }),
    );
    expect(Item).toEqual({ pk: { S: 'kept' } });
    await expect
      .poll(() => faults)
      .toEqual(['the table server ended (SIGKILL) and was started again with its data']);
  });
});
