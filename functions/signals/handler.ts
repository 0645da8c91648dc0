/** Signal URLs → signals. */
import type { APIGatewayProxyStructuredResultV2, LambdaFunctionURLEvent } from 'aws-lambda';
import { documentClient, dynamoClient } from '#shared/aws/clients.ts';
import { SIGNALS_ENV } from '#shared/contracts/functions.ts';
import { freshSecrets } from '#shared/jobs/callbacks/cachedSecrets.ts';
import { createJobStore } from '#shared/jobs/dynamo/jobStore.ts';
import { createSignalStore } from '#shared/jobs/dynamo/signalStore.ts';
import { linkRequestOf, urlResultOf } from '#shared/jobs/http/functionUrl.ts';
import { openSecrets } from '#shared/jobs/secretsManager/openSecrets.ts';
import { answerLink } from '#shared/jobs/signalUrls/answer.ts';
import { readEnv, text } from '#shared/kernel/env.ts';
import { LIMITS } from '#shared/kernel/limits.ts';
import { systemClock } from '#shared/kernel/ports.ts';
import { chain, createTelemetry } from '#shared/runtime/chain.ts';
import { schemasOf } from '#shared/runtime/schemas.ts';

const env = readEnv({
  table: [SIGNALS_ENV.jobsTable, text],
  secret: [SIGNALS_ENV.signalSecret, text],
});

const telemetry = createTelemetry('signals');
const dynamo = dynamoClient();
const schemas = schemasOf(dynamo, { jobs: env.table }, telemetry);
const jobs = { client: documentClient(dynamo), table: env.table };
const { callback: secrets } = freshSecrets({
  open: () => Promise.resolve(openSecrets(env.secret)),
  clock: systemClock,
  logger: telemetry.log,
  // A URL that a new secret signed must not be refused for long.
  freshMs: LIMITS.linkSecretFreshMs,
});
const deps = {
  signals: createSignalStore(jobs, createJobStore(jobs)),
  secrets,
  clock: systemClock,
  logger: telemetry.log,
};

export const handler = chain<LambdaFunctionURLEvent, APIGatewayProxyStructuredResultV2>(
  telemetry,
  schemas,
  async (event) => urlResultOf(await answerLink(linkRequestOf(event), deps)),
);
