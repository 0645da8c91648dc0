/** The servers of the embedded cloud: messages and buckets, tables, schedules, the event bus. */
import { SQSClient } from '@aws-sdk/client-sqs';
import { type FauxqsServer, startFauxqs } from 'fauxqs';
import { startTableServer, type TableServer } from './dynamoLocal.ts';
import type { FunctionLogLine } from './environment.ts';
import { startEventBus } from './eventBus.ts';
import { startScheduler } from './scheduler.ts';

export const REGION = 'us-east-1';
export const ACCOUNT = '000000000000';
export const CLIENT = {
  region: REGION,
  credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
};

export type Endpoints = Readonly<
  Record<'sqs' | 's3' | 'dynamodb' | 'scheduler' | 'events', string>
>;

export interface Servers {
  readonly messages: FauxqsServer;
  readonly tables: TableServer;
}

/** @param watched somebody wants to hear of every message that is sent */
export const startServers = async (watched: boolean): Promise<Servers> => {
  const messages = startFauxqs({
    port: 0,
    logger: false,
    host: '127.0.0.1',
    defaultRegion: REGION,
    // Who waits for the next message needs none of those before.
    ...(watched && { messageSpies: { bufferSize: 1 } }),
  });
  const tables = startTableServer();
  const [a, b] = await Promise.allSettled([messages, tables]);
  if (a.status === 'fulfilled' && b.status === 'fulfilled')
    return { messages: a.value, tables: b.value };
  if (a.status === 'fulfilled') await a.value.stop();
  if (b.status === 'fulfilled') await b.value.stop();
  throw a.status === 'rejected' ? a.reason : b.status === 'rejected' ? b.reason : undefined;
};

export const stopAll = async ({ messages, tables }: Servers): Promise<void> => {
  await Promise.all([messages.stop(), tables.stop()]);
};

export interface Apis {
  readonly sqs: SQSClient;
  readonly endpoints: Endpoints;
  /** Who hears of what is put on the event bus. */
  readonly listeners: Set<(event: object) => void>;
  stop(): Promise<void>;
}

/** What stands before the servers. @param groups schedule groups that the template makes */
export const startApis = async (
  { messages, tables }: Servers,
  groups: readonly string[],
  onLog: (line: FunctionLogLine) => void,
): Promise<Apis> => {
  const sqsUrl = `http://127.0.0.1:${messages.port}`;
  const sqs = new SQSClient({ ...CLIENT, endpoint: sqsUrl });
  const place = { region: REGION, accountId: ACCOUNT };
  const scheduler = await startScheduler({
    ...place,
    sqs,
    groups,
    onFault: (text) => onLog({ functionId: 'scheduler', pid: 0, text }),
  });
  const listeners = new Set<(event: object) => void>();
  const deliver = (event: object): void => {
    for (const listener of listeners) listener(event);
  };
  const bus = await startEventBus({ ...place, deliver });
  return {
    sqs,
    endpoints: {
      sqs: sqsUrl,
      s3: sqsUrl,
      dynamodb: tables.endpoint,
      scheduler: scheduler.endpoint,
      events: bus.endpoint,
    },
    listeners,
    stop: async () => {
      sqs.destroy();
      await Promise.all([scheduler.stop(), bus.stop()]);
    },
  };
};

/** What finds the servers through the SDK's standard variables. */
export const endpointEnv = ({ sqs, s3, dynamodb, scheduler, events }: Endpoints) => ({
  AWS_REGION: REGION,
  AWS_ACCESS_KEY_ID: 'local',
  AWS_SECRET_ACCESS_KEY: 'local',
  AWS_ENDPOINT_URL_SQS: sqs,
  AWS_ENDPOINT_URL_S3: s3,
  AWS_ENDPOINT_URL_DYNAMODB: dynamodb,
  AWS_ENDPOINT_URL_DYNAMODB_STREAMS: dynamodb,
  AWS_ENDPOINT_URL_SCHEDULER: scheduler,
  AWS_ENDPOINT_URL_EVENTBRIDGE: events,
});
