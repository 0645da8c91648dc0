/** A client for tables of one's own, beside a deployment or without one. */
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import type { TargetOptions } from './deployment.ts';
import { readState } from './state.ts';

/** Where the running embedded cloud has its tables, else in the account or behind --endpoint. */
export const tableClient = ({ endpoint, region }: Omit<TargetOptions, 'stage'>): DynamoDBClient => {
  const env = endpoint === undefined ? readState()?.clientEnv : undefined;
  if (!env) return new DynamoDBClient({ ...(region && { region }), ...(endpoint && { endpoint }) });
  return new DynamoDBClient({
    region: env['AWS_REGION'] ?? '',
    endpoint: env['AWS_ENDPOINT_URL_DYNAMODB'] ?? '',
    credentials: {
      accessKeyId: env['AWS_ACCESS_KEY_ID'] ?? '',
      secretAccessKey: env['AWS_SECRET_ACCESS_KEY'] ?? '',
    },
  });
};
