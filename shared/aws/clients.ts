/** SDK clients of a function: made once an environment, retries and timeouts stated. */
import { DynamoDBClient, type DynamoDBClientConfig } from '@aws-sdk/client-dynamodb';
import { SQSClient } from '@aws-sdk/client-sqs';
import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { countQueue, countTable } from './usage.ts';

/**
 * Without `info`, the SDK does not prepare each request and answer for a log that nobody keeps: with
 * its own silent logger, it copies all of them, field by field.
 */
const quiet = (): void => undefined;
const logger = { debug: quiet, warn: quiet, error: quiet } as NonNullable<
  DynamoDBClientConfig['logger']
>;

/** Three tries inside five seconds each: a lease outlives them. */
export const OPTIONS = {
  maxAttempts: 3,
  logger,
  requestHandler: { connectionTimeout: 1_000, requestTimeout: 5_000 },
} as const;

export const dynamoClient = (): DynamoDBClient => countTable(new DynamoDBClient(OPTIONS));

export const documentClient = (): DynamoDBDocumentClient =>
  DynamoDBDocumentClient.from(dynamoClient(), {
    marshallOptions: { removeUndefinedValues: true },
  });

export const sqsClient = (): SQSClient => countQueue(new SQSClient(OPTIONS));
