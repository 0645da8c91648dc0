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
import { webhookSecret } from '../callbacks/signature.ts';
import type { Secrets } from '../ports/jobs.ts';

export interface SecretsOptions {
  readonly client: SecretsManagerClient;
  /** The secret's name or its ARN. */
  readonly secretId: string;
  readonly ids: Ids;
}

const fresh = (): string => webhookSecret(randomBytes(32).toString('base64'));

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
      // The stack makes a secret of letters and digits, which is base64 of 32 bytes.
      return [current, previous].flatMap((secret) =>
        secret === undefined ? [] : webhookSecret(secret),
      );
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
