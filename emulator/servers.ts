/** The servers of the embedded cloud: one for messages and buckets, one for tables. */

import { type FauxqsServer, startFauxqs } from 'fauxqs';
import { type Keeping, openKeeping } from './data/keeping.ts';
import type { KeptFile } from './data/kept.ts';
import { createJsonService, type JsonService } from './services/jsonService.ts';
import { isFree } from './tables/serverProcess.ts';
import { createStreamReaders, type StreamReaders } from './tables/streamReaders.ts';
import type { TableServer } from './tables/tableEngine.ts';
import { startTableServer, type TableServerOptions } from './tables/tableServer.ts';

export const REGION = 'us-east-1';
export const ACCOUNT = '000000000000';
export const CLIENT = {
  region: REGION,
  credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
};

export type Endpoints = Readonly<Record<'sqs' | 's3' | 'dynamodb' | 'events', string>>;

export interface Servers {
  readonly messages: FauxqsServer;
  readonly tables: TableServer;
  readonly readers: StreamReaders;
  readonly keeping: Keeping;
}

export interface ServerOptions {
  readonly stackName: string;
  /** Folder that keeps all data; undefined: data is lost at the end. */
  readonly dataDir: string | undefined;
  /** An observer needs each message that is sent. */
  readonly watched: boolean;
  readonly tables: TableServerOptions;
}

/** The port that a server had before; undefined when it had none, or somebody else has it now. */
export const portBefore = async (
  what: string,
  kept: KeptFile<number>,
  onFault: TableServerOptions['onFault'],
): Promise<number | undefined> => {
  const port = kept.read();
  if (port === undefined || (await isFree(port))) return port;
  onFault?.(`the ${what} move: port ${port}, which they had, is taken`);
  return undefined;
};

const startTables = async (
  { tablesDir: dataDir, tablesPort }: Keeping,
  { tables }: ServerOptions,
): Promise<TableServer> => {
  const port = await portBefore('tables', tablesPort, tables.onFault);
  const server = await startTableServer({ ...tables, dataDir, port });
  tablesPort.write(Number(new URL(server.endpoint).port));
  return server;
};

const startMessages = async (
  { messagesDir, queuesPort }: Keeping,
  { watched, tables }: ServerOptions,
): Promise<FauxqsServer> => {
  const server = await startFauxqs({
    port: (await portBefore('queues', queuesPort, tables.onFault)) ?? 0,
    logger: false,
    host: '127.0.0.1',
    defaultRegion: REGION,
    ...(messagesDir !== undefined && { dataDir: messagesDir }),
    // The observer waits only for the next message, so the server keeps no earlier ones.
    ...(watched && { messageSpies: { bufferSize: 1 } }),
  });
  queuesPort.write(server.port);
  return server;
};

/**
 * Starts both servers, or none.
 *
 * @throws LocalCloudError for a table server that does not come up, or a data folder that cannot be
 *   used
 */
export const startServers = async (options: ServerOptions): Promise<Servers> => {
  const keeping = openKeeping(options.dataDir, options.stackName);
  const [messages, tables] = await Promise.allSettled([
    startMessages(keeping, options),
    startTables(keeping, options),
  ]);
  if (messages.status === 'fulfilled' && tables.status === 'fulfilled')
    return {
      messages: messages.value,
      tables: tables.value,
      readers: createStreamReaders(tables.value.trim),
      keeping,
    };
  for (const each of [messages, tables]) if (each.status === 'fulfilled') await each.value.stop();
  keeping.close();
  throw [messages, tables].find((each) => each.status === 'rejected')?.reason;
};

/** Stops both servers, then lets other processes use the data folder. */
export const stopServers = async ({ messages, tables, keeping }: Servers): Promise<void> => {
  await Promise.all([messages.stop(), tables.stop()]);
  keeping.close();
};

/** The environment variables by which the SDK finds the servers. */
export const endpointEnv = ({ sqs, s3, dynamodb }: Omit<Endpoints, 'events'>) => ({
  AWS_REGION: REGION,
  AWS_ACCESS_KEY_ID: 'local',
  AWS_SECRET_ACCESS_KEY: 'local',
  AWS_ENDPOINT_URL_SQS: sqs,
  AWS_ENDPOINT_URL_S3: s3,
  AWS_ENDPOINT_URL_DYNAMODB: dynamodb,
  AWS_ENDPOINT_URL_DYNAMODB_STREAMS: dynamodb,
});

/** The services that every mapping and the dashboard poll. */
export interface Polled {
  readonly queues: JsonService;
  readonly streams: JsonService;
}

/** Clients of the polled services, with connections that stay open until `close`. */
export const polledAt = ({ sqs, dynamodb }: Pick<Endpoints, 'sqs' | 'dynamodb'>): Polled => ({
  queues: createJsonService(sqs, { prefix: 'AmazonSQS', version: '1.0', region: REGION }),
  streams: createJsonService(dynamodb, {
    prefix: 'DynamoDBStreams_20120810',
    version: '1.0',
    region: REGION,
  }),
});
