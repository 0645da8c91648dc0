/** The yardstick of a bundle: the worker's SDK clients and commands, and nothing that uses them. */
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { ChangeMessageVisibilityBatchCommand, SQSClient } from '@aws-sdk/client-sqs';
import {
  DynamoDBDocumentClient,
  GetCommand,
  PutCommand,
  UpdateCommand,
} from '@aws-sdk/lib-dynamodb';

const dynamo = DynamoDBDocumentClient.from(new DynamoDBClient({}));
const sqs = new SQSClient({});

export const handler = (): Promise<unknown> =>
  Promise.resolve([
    dynamo,
    sqs,
    GetCommand,
    PutCommand,
    UpdateCommand,
    ChangeMessageVisibilityBatchCommand,
  ]);
