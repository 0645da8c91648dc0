/** Loads the Secrets Manager client of the SDK, in a chunk of its own in the bundle. */
import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { OPTIONS } from '#shared/aws/clients.ts';
import { systemIds } from '#shared/kernel/ports.ts';
import { createSecrets } from './callbackSecrets.ts';

/** The secrets with a client of their own. @param secretId name or ARN */
export const openSecrets = (secretId: string) =>
  createSecrets({
    client: new SecretsManagerClient(OPTIONS),
    secretId,
    ids: systemIds,
  });
