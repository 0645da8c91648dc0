/** The Secrets Manager half of the SDK; a chunk of its own in the bundle. */
import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { systemIds } from '#shared/kernel/ports.ts';
import { createSecrets } from './secrets.ts';

export const openSecrets = (secretId: string) =>
  createSecrets({
    client: new SecretsManagerClient({
      maxAttempts: 3,
      requestHandler: { connectionTimeout: 1_000, requestTimeout: 5_000 },
    }),
    secretId,
    ids: systemIds,
  });
