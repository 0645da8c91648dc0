/** A client for own tables, beside a deployment or without one. */
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { waitingFor } from './access.ts';
import { accessOf } from './state.ts';
import { embeddedFor, type TargetOptions } from './target.ts';

export interface Tables {
  /** Names the place of the tables for people. */
  readonly place: string;
  readonly client: DynamoDBClient;
}

/**
 * A client for the place where the deployment has its tables: the embedded cloud, the account, or
 * the endpoint. The caller closes the client.
 */
export const openTables = async (options: TargetOptions): Promise<Tables> => {
  const { endpoint, region } = options;
  const requestHandler = waitingFor();
  const state = embeddedFor(options);
  if (state) {
    const url = state.clientEnv['AWS_ENDPOINT_URL_DYNAMODB'] ?? '';
    const client = new DynamoDBClient({ ...accessOf(state), endpoint: url, requestHandler });
    return { place: `embedded cloud, stack ${state.stackName}`, client };
  }
  const client = new DynamoDBClient({
    ...(region && { region }),
    ...(endpoint && { endpoint }),
    requestHandler,
  });
  const place = endpoint ? `at ${endpoint}` : `AWS, region ${await client.config.region()}`;
  return { place, client };
};
