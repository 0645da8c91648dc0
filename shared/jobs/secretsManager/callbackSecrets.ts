/**
 * The secrets that sign callbacks, in Secrets Manager: AWSCURRENT and, until the next rotation,
 * AWSPREVIOUS, so that a receiver may know either secret.
 */
import { randomBytes } from 'node:crypto';
import {
  GetSecretValueCommand,
  PutSecretValueCommand,
  ResourceNotFoundException,
  type SecretsManagerClient,
} from '@aws-sdk/client-secrets-manager';
import type { Ids } from '#shared/kernel/ports.ts';
import type { Secrets } from '../ports/jobs.ts';

export interface SecretsOptions {
  readonly client: SecretsManagerClient;
  /** The secret's name or its ARN. */
  readonly secretId: string;
  readonly ids: Ids;
}

const fresh = (): string => `whsec_${randomBytes(32).toString('base64url')}`;

/** The secrets of one entry in Secrets Manager. A rotation makes 32 random bytes the new secret. */
export const createSecrets = ({ client, secretId, ids }: SecretsOptions): Secrets => {
  const read = async (VersionStage: string): Promise<string | undefined> => {
    const command = new GetSecretValueCommand({ SecretId: secretId, VersionStage });
    return (await client.send(command)).SecretString;
  };
  return {
    callback: async () => {
      const [current, previous] = await Promise.all([
        read('AWSCURRENT'),
        read('AWSPREVIOUS').catch((error: unknown) => {
          // No version has this label before the first rotation.
          if (error instanceof ResourceNotFoundException) return undefined;
          throw error;
        }),
      ]);
      return [current, previous].filter((secret) => secret !== undefined);
    },
    rotate: async () => {
      const current = fresh();
      await client.send(
        new PutSecretValueCommand({
          SecretId: secretId,
          SecretString: current,
          // The SDK's retries send the same token, so a lost answer makes no second version.
          ClientRequestToken: ids.next(),
        }),
      );
      return current;
    },
  };
};
