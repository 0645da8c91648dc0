/** A client for tables of one's own, beside a deployment or without one. */
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import type { TargetOptions } from './deployment.ts';
import { accessOf, readState } from './state.ts';

/** Where the running embedded cloud has its tables, else in the account or behind --endpoint. */
export const tableClient = ({ endpoint, region }: Omit<TargetOptions, 'stage'>): DynamoDBClient => {
  const state = endpoint === undefined ? readState() : undefined;
  if (!state)
    return new DynamoDBClient({ ...(region && { region }), ...(endpoint && { endpoint }) });
  const tables = state.clientEnv['AWS_ENDPOINT_URL_DYNAMODB'] ?? '';
  return new DynamoDBClient({ ...accessOf(state), endpoint: tables });
};
