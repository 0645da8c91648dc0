/** The servers of the embedded cloud: messages and buckets, tables. */
import { type FauxqsServer, startFauxqs } from 'fauxqs';
import { createStreamReaders, type StreamReaders } from './streamReaders.ts';
import { startTableServer, type TableServer, type TableServerOptions } from './tableServer.ts';

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
}

/** @param watched somebody wants to hear of every message that is sent */
export const startServers = async (
  watched: boolean,
  options: TableServerOptions,
): Promise<Servers> => {
  const messages = startFauxqs({
    port: 0,
    logger: false,
    host: '127.0.0.1',
    defaultRegion: REGION,
    // Who waits for the next message needs none of those before.
    ...(watched && { messageSpies: { bufferSize: 1 } }),
  });
  const tables = startTableServer(options);
  const [a, b] = await Promise.allSettled([messages, tables]);
  if (a.status === 'fulfilled' && b.status === 'fulfilled')
    return {
      messages: a.value,
      tables: b.value,
      readers: createStreamReaders(b.value.trim),
    };
  if (a.status === 'fulfilled') await a.value.stop();
  if (b.status === 'fulfilled') await b.value.stop();
  throw a.status === 'rejected' ? a.reason : b.status === 'rejected' ? b.reason : undefined;
};

export const stopServers = async ({ messages, tables }: Servers): Promise<void> => {
  await Promise.all([messages.stop(), tables.stop()]);
};

/** What finds them through the SDK's standard variables. */
export const endpointEnv = ({ sqs, s3, dynamodb }: Omit<Endpoints, 'events'>) => ({
  AWS_REGION: REGION,
  AWS_ACCESS_KEY_ID: 'local',
  AWS_SECRET_ACCESS_KEY: 'local',
  AWS_ENDPOINT_URL_SQS: sqs,
  AWS_ENDPOINT_URL_S3: s3,
  AWS_ENDPOINT_URL_DYNAMODB: dynamodb,
  AWS_ENDPOINT_URL_DYNAMODB_STREAMS: dynamodb,
});
