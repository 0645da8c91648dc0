import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { DynamoDBClient, GetItemCommand, PutItemCommand } from '@aws-sdk/client-dynamodb';
import { afterAll, afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createTemplateTable } from '#emulator/tables/createTable.ts';
import { nativeBinary } from '#emulator/tables/nativeTables.ts';
import { createStreamReaders } from '#emulator/tables/streamReaders.ts';
import { openStreamRecords } from '#emulator/tables/streamRecords.ts';
import type { TableServer } from '#emulator/tables/tableEngine.ts';
import { startTableServer } from '#emulator/tables/tableServer.ts';

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
    endpoint,
    region: 'us-east-1',
    maxAttempts: 100,
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
    await createTemplateTable(client, TABLE, {
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

it('takes no file of another shape for its own', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'tables-'));
  const path = join(folder, 'tables.db');
  new DatabaseSync(path).close();
  await expect(openStreamRecords(path)).rejects.toMatchObject({
    code: 'TABLE_ENGINE_UNKNOWN',
    message: expect.stringContaining('_stream_records'),
  });
  rmSync(folder, { recursive: true });
});

describe('records of a stream in the native engine’s file', () => {
  const folder = mkdtempSync(join(tmpdir(), 'tables-'));
  const path = join(folder, 'tables.db');
  const file = new DatabaseSync(path);
  afterAll(() => {
    file.close();
    rmSync(folder, { recursive: true });
  });
  const left = (table: string): number[] =>
    file
      .prepare('SELECT sequence_number FROM _stream_records WHERE table_name = ? ORDER BY id')
      .all(table)
      .map(({ sequence_number }) => Number(sequence_number));

  it('go when every reader has read them, but for the newest, from which the engine counts', async () => {
    file.exec(
      `CREATE TABLE _stream_records (id INTEGER PRIMARY KEY AUTOINCREMENT, table_name TEXT NOT NULL,
        event_name TEXT, keys_json TEXT, new_image TEXT, old_image TEXT,
        sequence_number TEXT NOT NULL, shard_id TEXT, created_at INTEGER)`,
    );
    const insert = file.prepare(
      'INSERT INTO _stream_records (table_name, sequence_number) VALUES (?, ?)',
    );
    file.exec('BEGIN');
    for (let n = 1; n <= 2_500; n += 1) insert.run('jobs', String(n));
    insert.run('ledger', '1');
    file.exec('COMMIT');
    const records = await openStreamRecords(path);
    const readers = createStreamReaders(records.trim);
    const [one, two] = [readers.join('jobs'), readers.join('jobs')];
    one.advance('2500');
    expect(left('jobs')).toHaveLength(2_500);
    two.advance('1200');
    expect(left('jobs')[0]).toBe(1_201);
    two.leave();
    one.advance('2500');
    expect(left('jobs')).toEqual([2_500]);
    expect(left('ledger')).toEqual([1]);
    records.close();
  });
});
