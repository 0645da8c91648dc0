import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { DynamoDBClient, GetItemCommand, PutItemCommand } from '@aws-sdk/client-dynamodb';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { checkSchemas } from '#cli/doctor/schemas.ts';
import { type Deployment, openEmbedded } from '#client/deployment.ts';
import { type Cloud, startCloud } from '#emulator/cloud.ts';
import { loadAssembly } from '#emulator/template/template.ts';
import { FUNCTIONS } from '#shared/contracts/functions.ts';
import { STATE_SORT } from '#shared/contracts/hosts.ts';
import { OUTPUTS } from '#shared/contracts/outputs.ts';
import { SCHEMA_KEY } from '#shared/contracts/schemas.ts';
import { addHosts } from '#shared/hosts/registry/manageHosts.ts';
import { systemClock, systemRandom, systemSleep } from '#shared/kernel/ports.ts';
import { finishUpgrade } from '#shared/schema/finishUpgrade.ts';
import type { ChangedAssembly } from '../support/changedAssembly.ts';
import { hastenedAssembly } from '../support/hastened.ts';
import { definitionOf } from '../support/hosts.ts';
import { differenceIn } from '../support/ledger.ts';
import { type Receiver, startReceiver } from '../support/receiver.ts';
import { type UnpackedRelease, unpackRelease } from '../support/release.ts';
import { ringMinute } from '../support/ringMinute.ts';
import { envelopesOf, expectEachOnce, openPayer, sendAll } from '../support/workload.ts';

const INTERVAL_SECONDS = 5;
/** A multiple of the sorts of jobs. */
const JOBS = 30;
const PATIENCE = { timeout: 120_000, interval: 100 };
const HOST = 'berlin';

let assembly: ChangedAssembly;
let before: UnpackedRelease;
let receiver: Receiver;
let host: Server;
let cloud: Cloud;
let mesh: Deployment;
let tables: DynamoDBClient;

/** By the end of a function's name. */
type Code = Readonly<Record<string, string>>;
const ofRelease = (): Code =>
  Object.fromEntries(FUNCTIONS.map((name) => [`-${name}`, before.roots[name] ?? '']));
/** The functions of the template, by the ends of their names. */
const templated = () => {
  const { template, assetDir } = loadAssembly(assembly.dir, cloud.stackName);
  const functions = Object.entries(template.Resources).flatMap(([functionId, resource]) => {
    if (resource.Type !== 'AWS::Lambda::Function') return [];
    const { FunctionName, Code } = resource.Properties as {
      FunctionName: string;
      Code: { S3Key: string };
    };
    return [{ functionId, name: FunctionName, root: assetDir(Code.S3Key) }];
  });
  return FUNCTIONS.map((name) => {
    const nameEnd = `-${name}`;
    const found = functions.find((each) => each.name.endsWith(nameEnd));
    return { nameEnd, ...(found ?? expect.unreachable(name)) };
  });
};
const ofThis = (): Code =>
  Object.fromEntries(templated().map(({ nameEnd, root }) => [nameEnd, root]));
const run = (code: Code): void => {
  for (const [nameEnd, root] of Object.entries(code)) cloud.replaceCode(nameEnd, root);
};

beforeAll(async () => {
  before = unpackRelease();
  assembly = hastenedAssembly(inject('assemblyDir'));
  receiver = await startReceiver();
  host = createServer((_request, response) => response.end('{"status":"ok"}'));
  await new Promise<void>((resolve) => host.listen(0, '127.0.0.1', resolve));
  cloud = await startCloud({ assemblyDir: assembly.dir, code: ofRelease() });
  const { stackName, outputs, clientEnv } = cloud;
  mesh = openEmbedded({ pid: process.pid, stackName, outputs, clientEnv });
  tables = new DynamoDBClient({
    region: cloud.region,
    endpoint: cloud.endpoints.dynamodb,
    credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
  });
});
afterAll(async () => {
  tables?.destroy();
  mesh?.close();
  await cloud?.stop();
  host?.close();
  await receiver?.stop();
  assembly?.remove();
  before?.remove();
});

/** Sends, and is back when some of it has ended and some has not. */
const load = async (name: string): Promise<readonly string[]> => {
  const ids = await sendAll(mesh, envelopesOf(name, JOBS, receiver.url));
  const first = async () => (await mesh.store.get(ids[0] ?? ''))?.status;
  await expect.poll(first, PATIENCE).toBe('COMPLETED');
  return ids;
};

/** Environments know for five minutes what they read. */
const renewEnvironments = (): void => {
  for (const { pid } of cloud.environments()) cloud.killEnvironment(pid);
};

const setSchema = (table: string, schema: number): Promise<unknown> =>
  tables.send(
    new PutItemCommand({
      TableName: cloud.outputs[table],
      Item: {
        ...{ pk: { S: SCHEMA_KEY.pk }, sk: { S: SCHEMA_KEY.sk } },
        ...{ schema: { N: String(schema) }, minReader: { N: String(schema) } },
      },
    }),
  );

describe('a mesh of the release before', () => {
  it('is upgraded and rolled back under load, and each job ends once', async () => {
    await openPayer(mesh);
    const ids = [...(await load('before'))];
    run(ofThis());
    ids.push(...(await load('upgraded')));
    run(ofRelease());
    ids.push(...(await load('rolled-back')));
    run(ofThis());
    ids.push(...(await load('again')));
    await expectEachOnce(mesh, ids, receiver);
  }, 420_000);
});

describe('states of hosts', () => {
  const stored = async () => {
    const [shard = ''] = [...(await mesh.hosts().store.find([HOST])).values()].map(
      (found) => found.shard,
    );
    const { Item } = await tables.send(
      new GetItemCommand({
        TableName: cloud.outputs[OUTPUTS.hostsTable],
        Key: { pk: { S: `S#${shard}` }, sk: { S: STATE_SORT } },
      }),
    );
    const { version, live } = await mesh.hosts().states.read(shard);
    return { format: Item?.['live']?.B?.[0], version, state: [...live.values()][0]?.state };
  };
  const online = (format: number, after = 0) =>
    expect
      .poll(
        async () => {
          await ringMinute(mesh.sqs, cloud.outputs);
          const { version, ...rest } = await stored();
          return { ...rest, isLater: version > after };
        },
        { ...PATIENCE, interval: 2_000 },
      )
      .toEqual({ format, state: 'online', isLater: true });

  it('are written as the release before reads them, until the upgrade is finished', async () => {
    run(ofRelease());
    const { port } = host.address() as AddressInfo;
    const definition = definitionOf(HOST, {
      endpoint: `http://127.0.0.1:${port}`,
      probe: { intervalSeconds: INTERVAL_SECONDS },
    });
    const { store } = mesh.hosts();
    const wait = systemSleep;
    await addHosts([definition], {}, { store, clock: systemClock, random: systemRandom, wait });
    await online(1);
    run(ofThis());
    await online(1, (await stored()).version);
    expect(await checkSchemas(mesh)).toMatchObject([
      { level: 'ok', detail: expect.stringContaining('hosts: written for the release before') },
    ]);

    const finish = { at: Date.now(), by: 'ada', reason: 'a test' };
    const raised = await finishUpgrade(mesh.schemas, finish);
    expect(raised).toMatchObject([{ table: 'hosts', schema: 1, deployed: 2 }]);
    expect(await finishUpgrade(mesh.schemas, { ...finish, by: 'bob' })).toEqual([]);
    expect(await mesh.schemas.hosts.read()).toEqual({ schema: 2, minReader: 2, finished: finish });
    renewEnvironments();
    await online(2, (await stored()).version);
    expect(await checkSchemas(mesh)).toMatchObject([
      { level: 'ok', detail: 'the tables are written as the release writes them' },
    ]);
  }, 420_000);
});

describe('a table of a newer release', () => {
  it('is left alone by each function, by name, and work goes on once they fit again', async () => {
    const wrote = [
      [OUTPUTS.jobsTable, 'worker'],
      [OUTPUTS.ledgerTable, 'settler'],
      [OUTPUTS.hostsTable, 'prober'],
    ] as const;
    for (const [table] of wrote) await setSchema(table, 9);
    renewEnvironments();
    for (const [table, name] of wrote) {
      const { functionId } =
        templated().find(({ nameEnd }) => nameEnd === `-${name}`) ?? expect.unreachable(name);
      expect(await cloud.invoke(functionId, { Records: [] }), table).toMatchObject({
        ok: false,
        error: { errorType: 'SchemaError', errorMessage: expect.stringContaining('schema 9') },
      });
    }
    const [id = ''] = await sendAll(mesh, [{ kind: 'echo', payload: 1 }]);
    expect((await checkSchemas(mesh)).map(({ level }) => level)).toEqual(
      wrote.map(() => 'problem'),
    );
    await expect(
      finishUpgrade(mesh.schemas, { at: Date.now(), by: 'ada', reason: '' }),
    ).rejects.toMatchObject({ code: 'SCHEMA_TOO_NEW' });
    expect(await mesh.store.get(id)).toBeUndefined();

    for (const [table] of wrote) await setSchema(table, table === OUTPUTS.hostsTable ? 2 : 1);
    renewEnvironments();
    await expect.poll(async () => (await mesh.store.get(id))?.status, PATIENCE).toBe('COMPLETED');
    expect(await differenceIn(mesh.ledger)).toBeUndefined();
  }, 420_000);
});
