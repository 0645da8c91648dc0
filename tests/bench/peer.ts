/**
 * The handler a good engineer would otherwise write: Powertools' FIFO batch processor with its
 * idempotency, on the same table server, beside our worker. Both run the same batches.
 */
import { processPartialResponse, SqsFifoPartialProcessorAsync } from '@aws-lambda-powertools/batch';
import { IdempotencyConfig, makeIdempotent } from '@aws-lambda-powertools/idempotency';
import { DynamoDBPersistenceLayer } from '@aws-lambda-powertools/idempotency/dynamodb';
import { CreateTableCommand, DynamoDBClient } from '@aws-sdk/client-dynamodb';
import type { Context, SQSEvent, SQSRecord } from 'aws-lambda';
import { type Counts, countDynamo, noCounts } from './counts.ts';
import { round, spread } from './stats.ts';

export interface PeerBatch {
  readonly bodies: readonly { readonly messageId: string; readonly body: string }[];
}

const TABLE = 'peer-idempotency';

const recordOf = ({ messageId, body }: PeerBatch['bodies'][number], group: string): SQSRecord =>
  ({
    messageId,
    receiptHandle: messageId,
    body,
    attributes: { MessageGroupId: group },
    messageAttributes: {},
    eventSource: 'aws:sqs',
    eventSourceARN: 'arn:aws:sqs:us-east-1:000000000000:jobs.fifo',
    awsRegion: 'us-east-1',
    md5OfBody: '',
  }) as unknown as SQSRecord;

const context = { getRemainingTimeInMillis: () => 900_000, awsRequestId: 'peer' } as Context;

/** @param workMs how long each job waits for something outside */
export const createPeer = async (endpoint: string, workMs: number) => {
  const counts: Counts = noCounts();
  const credentials = { accessKeyId: 'bench', secretAccessKey: 'bench' };
  const client = new DynamoDBClient({ region: 'us-east-1', endpoint, credentials });
  await client.send(
    new CreateTableCommand({
      TableName: `${TABLE}-${workMs}`,
      BillingMode: 'PAY_PER_REQUEST',
      KeySchema: [{ AttributeName: 'id', KeyType: 'HASH' }],
      AttributeDefinitions: [{ AttributeName: 'id', AttributeType: 'S' }],
    }),
  );
  countDynamo(client as never, counts);
  const work = async (job: unknown): Promise<unknown> => {
    if (workMs > 0) await new Promise((resolve) => setTimeout(resolve, workMs));
    return job;
  };
  const config = new IdempotencyConfig({});
  config.registerLambdaContext(context);
  const once = makeIdempotent(work, {
    persistenceStore: new DynamoDBPersistenceLayer({
      tableName: `${TABLE}-${workMs}`,
      awsSdkV3Client: client,
    }),
    config,
  });
  const processor = new SqsFifoPartialProcessorAsync();
  const run = (event: SQSEvent) =>
    processPartialResponse(event, (record: SQSRecord) => once(JSON.parse(record.body)), processor, {
      context,
      skipGroupOnError: true,
    });
  return {
    counts,
    run: (batch: PeerBatch) =>
      run({ Records: batch.bodies.map((each, n) => recordOf(each, `group-${n}`)) }),
    close: () => client.destroy(),
  };
};

/** Runs each batch, one after the other; times in ms. */
export const timed = async (
  batches: number,
  size: number,
  counts: Counts,
  run: (batch: number) => Promise<unknown>,
) => {
  Object.assign(counts, noCounts());
  const times: number[] = [];
  for (let batch = 0; batch < batches; batch += 1) {
    const began = performance.now();
    await run(batch);
    times.push(performance.now() - began);
  }
  const jobs = batches * size;
  const { p50, p99 } = spread(times);
  return {
    requests: round(counts.dynamo / jobs, 2),
    units: round(counts.units / jobs, 2),
    sqs: round(counts.sqs / jobs, 2),
    batchMsP50: round(p50, 1),
    batchMsP99: round(p99, 1),
  };
};
