/** The Secrets Manager half of the SDK; a chunk of its own in the bundle. */
import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { systemIds } from '#shared/kernel/ports.ts';
import { OPTIONS } from '#shared/runtime/clients.ts';
import { createSecrets } from './secrets.ts';

export const openSecrets = (secretId: string) =>
  createSecrets({
    client: new SecretsManagerClient(OPTIONS),
    secretId,
    ids: systemIds,
  });
