/** A mesh behind a gate that lets through what a policy grants, with what commands work on. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DeleteItemCommand, DeleteTableCommand, DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { SendMessageCommand } from '@aws-sdk/client-sqs';
import { DynamoDBDocumentClient, PutCommand } from '@aws-sdk/lib-dynamodb';
import { vi } from 'vitest';
import type { ExitCode } from '#cli/errors.ts';
import { runCommand } from '#cli/run.ts';
import { type Deployment, openEmbedded } from '#client/deployment.ts';
import { startCloud } from '#emulator/cloud.ts';
import { OUTPUTS } from '#shared/contracts/outputs.ts';
import { SCHEMA_KEY } from '#shared/contracts/schemas.ts';
import { createShardStore } from '#shared/hosts/dynamo/shardStore.ts';
import { systemIds } from '#shared/kernel/ports.ts';
import { type Asked, askedBy } from './asked.ts';
import { refused, startFront } from './front.ts';
import { type Grant, grants } from './granted.ts';
import { heard } from './heard.ts';
import { ONLINE } from './mesh.ts';
import { type Original, openOriginal } from './original.ts';
import { exportTable, restoreTable } from './tableExports.ts';
import { type Visit, visitConsole } from './visitConsole.ts';

interface Told {
  readonly code: ExitCode;
  /** All that a person sees. */
  readonly text: string;
  readonly asked: readonly Asked[];
  readonly denied: readonly Asked[];
}

export interface RightsWorld {
  /** Without the gate. */
  readonly direct: Deployment;
  /** A server that takes no callback, and never will; as a host it is online. */
  readonly gone: string;
  /** What a console that is started is asked for before it is ended. */
  readonly visits: Visit[];
  /** Runs a command with these rights; undefined: with all. */
  typed(words: readonly string[], given?: readonly Grant[]): Promise<Told>;
  file(content: unknown): string;
  /** A path in a folder that is removed at the end. */
  path(): string;
  /** Sends a job, and waits until it is in that state. @returns its id */
  job(envelope: object, state: string): Promise<string>;
  reach(id: string, state: string): Promise<void>;
  /** The original system with a small ledger; always the same one, as a mesh follows one alone. */
  original(): Original & { readonly folder: string };
  /** Gives a host a state, as the prober would, without the row that is derived from the state. */
  probed(id: string): Promise<void>;
  /** As if nobody had finished the upgrade of the hosts. */
  unfinish(): Promise<void>;
  /** The table that a copy of the ledger is written to. */
  dropCopy(): Promise<void>;
  /** After this the table of jobs has no stream, as a restored one: no function hears of its rows. */
  restoreJobs(): Promise<void>;
  /** Writes the row of a job that ended, into the table of jobs; with `copy` into the table COPY. */
  ended(
    row: { readonly id: string } & Readonly<Record<string, unknown>>,
    copy?: true,
  ): Promise<void>;
  /** A message that SQS gave up on. @returns the id of its job */
  deadLetter(): Promise<string>;
  stop(): Promise<void>;
}

const PATIENCE_MS = 60_000;

const startGone = async () => {
  const server = createServer((request, response) => {
    request.resume().on('end', () => response.writeHead(410).end());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return { url, stop: () => void server.close() };
};

/** Runs it in this process, and keeps what it prints and what the visits of its console answer. */
const listenTo = async (
  words: readonly string[],
  visits: readonly Visit[],
): Promise<Pick<Told, 'code' | 'text'>> => {
  const visit = visitConsole(visits);
  const { result: code, text } = await heard(() => runCommand(words), visit.hear);
  return { code, text: text + (await visit.told()) };
};

export const startRightsWorld = async (assemblyDir: string): Promise<RightsWorld> => {
  const folder = mkdtempSync(join(tmpdir(), 'sheratan-rights-'));
  const cloud = await startCloud({ assemblyDir, maxEnvironments: 2 });
  const gone = await startGone();
  const { stackName, outputs, clientEnv, endpoints } = cloud;
  for (const name of ['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY'])
    vi.stubEnv(name, clientEnv[name]);
  vi.stubEnv('AWS_REGION', cloud.region);
  vi.stubEnv('SHERATAN_HOME', folder);
  const direct = openEmbedded({ pid: process.pid, stackName, outputs, clientEnv });
  let isGranted = (_asked: Asked): Promise<boolean> => Promise.resolve(true);
  const asked: Asked[] = [];
  const denied: Asked[] = [];
  let run = 0;
  const runKey = (): string => `run${run}`;
  const front = await startFront({
    assemblyDir,
    stackName,
    outputs,
    sqs: endpoints.sqs,
    dynamodb: endpoints.dynamodb,
    others: {
      s3: endpoints.s3,
      scheduler: clientEnv['AWS_ENDPOINT_URL_SCHEDULER'] ?? '',
      secrets: clientEnv['AWS_ENDPOINT_URL_SECRETS_MANAGER'] ?? '',
    },
    judge: async (request, body) => {
      // What an earlier command still had under way when it failed.
      if (!request.headers.authorization?.includes(`Credential=${runKey()}/`))
        return refused('what belongs to an earlier command');
      for (const each of askedBy(request, body, stackName)) {
        asked.push(each);
        if (await isGranted(each)) continue;
        denied.push(each);
        return refused(each.action);
      }
      return undefined;
    },
  });
  const dynamo = new DynamoDBClient({ endpoint: endpoints.dynamodb });
  const table = DynamoDBDocumentClient.from(dynamo);
  const jobsTable = outputs[OUTPUTS.jobsTable] ?? '';
  const visits: Visit[] = [];
  let original: (Original & { readonly folder: string }) | undefined;
  let serial = 0;
  const path = (): string => join(folder, `${++serial}`);
  const file = (content: unknown): string => {
    const name = path();
    writeFileSync(name, typeof content === 'string' ? content : JSON.stringify(content));
    return name;
  };
  const typed: RightsWorld['typed'] = async (words, given) => {
    isGranted = given ? grants(given) : () => Promise.resolve(true);
    asked.length = 0;
    denied.length = 0;
    run += 1;
    vi.stubEnv('AWS_ACCESS_KEY_ID', runKey());
    const place = ['--stage', 'dev', '--endpoint', front.url];
    const told = await listenTo([...words, ...place], visits);
    return { ...told, asked: [...asked], denied: [...denied] };
  };
  const reach = async (id: string, state: string): Promise<void> => {
    const reached = async () => (await direct.store.get(id))?.status === state;
    await vi.waitUntil(reached, { timeout: PATIENCE_MS, interval: 20 });
  };
  return {
    direct,
    gone: gone.url,
    visits,
    typed,
    file,
    path,
    job: async (envelope, state) => {
      const id = `job-${++serial}`;
      const { code, text } = await typed(['send', file({ id, ...envelope })]);
      if (code !== 0) throw new Error(text);
      await reach(id, state);
      return id;
    },
    reach,
    original: () => {
      const folderOf = path();
      original ??= { ...openOriginal(folderOf), folder: folderOf };
      return original;
    },
    probed: async (id) => {
      const hostsTable = outputs[OUTPUTS.hostsTable] ?? '';
      const states = createShardStore({ client: table, table: hostsTable, ids: systemIds });
      const host = await direct.hosts().store.get(id);
      if (!host) throw new Error(`no host ${id}`);
      const seen = await states.read(host.shard);
      const live = new Map([...seen.live, [host.number, { ...ONLINE, number: host.number }]]);
      await states.commit(host.shard, seen, { tick: 1, at: Date.now(), live }, []);
    },
    unfinish: async () => {
      const Key = { pk: { S: SCHEMA_KEY.pk }, sk: { S: SCHEMA_KEY.sk } };
      await dynamo.send(new DeleteItemCommand({ TableName: outputs[OUTPUTS.hostsTable], Key }));
    },
    dropCopy: async () => {
      await dynamo.send(new DeleteTableCommand({ TableName: 'COPY' })).catch(() => undefined);
    },
    restoreJobs: async () => restoreTable(dynamo, await exportTable(dynamo, jobsTable)),
    ended: async ({ id, ...row }, copy) => {
      const Item = { pk: `JOB#${id}`, sk: 'JOB', ...row };
      await table.send(new PutCommand({ TableName: copy ? 'COPY' : jobsTable, Item }));
    },
    deadLetter: async () => {
      const id = `letter-${++serial}`;
      const url = direct.queueUrls.low.replace(/\.fifo$/, '-dead.fifo');
      await direct.sqs.send(
        new SendMessageCommand({
          QueueUrl: url,
          MessageBody: JSON.stringify({ id, kind: 'echo', payload: 1 }),
          MessageGroupId: id,
          MessageDeduplicationId: id,
        }),
      );
      return id;
    },
    stop: async () => {
      vi.unstubAllEnvs();
      direct.close();
      dynamo.destroy();
      gone.stop();
      await front.stop();
      await cloud.stop();
      rmSync(folder, { recursive: true });
    },
  };
};
