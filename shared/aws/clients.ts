/** The SDK clients of a function, made once per environment, with explicit retries and timeouts. */
import { DynamoDBClient, type DynamoDBClientConfig } from '@aws-sdk/client-dynamodb';
import { SQSClient } from '@aws-sdk/client-sqs';
import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { Sha256 } from './sha256.ts';
import { tableClient } from './tableClient.ts';
import { countQueue, countTable } from './usage.ts';
import { waitsForAnswer } from './waits.ts';

/**
 * Without `info` the SDK prepares no log of each request and answer. With its own silent logger it
 * would copy all of them, field by field.
 */
const quiet = (): void => undefined;
const logger = { debug: quiet, warn: quiet, error: quiet } as NonNullable<
  DynamoDBClientConfig['logger']
>;

/**
 * Three tries, of a request for items four: the short way comes before. Each waits five seconds for
 * its answer at most.
 */
export const OPTIONS = {
  maxAttempts: 3,
  logger,
  sha256: Sha256,
  requestHandler: waitsForAnswer(1_000, 5_000),
} as const;

/** A client of DynamoDB that counts its usage. */
export const dynamoClient = (): DynamoDBClient => countTable(new DynamoDBClient(OPTIONS));

/** The same client with JavaScript values; undefined fields are left out. */
export const documentClient = (client: DynamoDBClient): DynamoDBDocumentClient =>
  countTable(tableClient(client));

/** A client of SQS that counts its requests. */
export const sqsClient = (): SQSClient => countQueue(new SQSClient(OPTIONS));
