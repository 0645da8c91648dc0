/**
 * The shortfall "LocalStack-alias-updates": gives functions new environments by calls of Lambda,
 * where CloudFormation cannot bring a new version behind an alias.
 */
import {
  LambdaClient,
  ListAliasesCommand,
  PublishVersionCommand,
  UpdateAliasCommand,
  UpdateFunctionConfigurationCommand,
  waitUntilFunctionUpdatedV2,
} from '@aws-sdk/client-lambda';

const WITHIN_SECONDS = 60;

const startOneAnew = async (client: LambdaClient, FunctionName: string): Promise<void> => {
  const Description = `Started anew at ${new Date().toISOString()}`;
  await client.send(new UpdateFunctionConfigurationCommand({ FunctionName, Description }));
  await waitUntilFunctionUpdatedV2({ client, maxWaitTime: WITHIN_SECONDS }, { FunctionName });
  const { Aliases = [] } = await client.send(new ListAliasesCommand({ FunctionName }));
  if (Aliases.length === 0) return;
  const { Version } = await client.send(new PublishVersionCommand({ FunctionName }));
  for (const { Name } of Aliases)
    await client.send(new UpdateAliasCommand({ FunctionName, Name, FunctionVersion: Version }));
};

export const startAnew = async (functionNames: readonly string[]): Promise<void> => {
  const client = new LambdaClient();
  for (const name of functionNames) await startOneAnew(client, name);
  client.destroy();
};
