/** Stream of the Hosts table → changes of state, on the event bus and in the hosts' history. */
import type { DynamoDBBatchResponse, DynamoDBStreamEvent } from 'aws-lambda';
import { documentClient, dynamoClient } from '#shared/aws/clients.ts';
import { eventClient } from '#shared/aws/eventClient.ts';
import { HOSTS_ENV } from '#shared/contracts/functions.ts';
import { commitsOf } from '#shared/hosts/dynamo/committedChanges.ts';
import { createHostProjection } from '#shared/hosts/dynamo/hostProjection.ts';
import { createHostEvents } from '#shared/hosts/eventbridge/hostEvents.ts';
import { announce } from '#shared/hosts/events/announce.ts';
import { readEnv, text } from '#shared/kernel/env.ts';
import { chain, createTelemetry } from '#shared/runtime/chain.ts';
import { announceInOrder } from '#shared/runtime/hostTelemetry.ts';
import { schemasOf } from '#shared/runtime/schemas.ts';

const env = readEnv({ table: [HOSTS_ENV.table, text] });

const telemetry = createTelemetry('announcer');
const dynamo = dynamoClient();
const schemas = schemasOf(dynamo, { hosts: env.table }, telemetry);
const deps = {
  events: createHostEvents(eventClient()),
  projection: createHostProjection({ client: documentClient(dynamo), table: env.table }),
};

export const handler = chain<DynamoDBStreamEvent, DynamoDBBatchResponse>(
  telemetry,
  schemas,
  (event) => announceInOrder(commitsOf(event), (commit) => announce(commit, deps), telemetry),
);
