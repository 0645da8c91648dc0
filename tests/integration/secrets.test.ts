import {
  GetSecretValueCommand,
  PutSecretValueCommand,
  SecretsManagerClient,
} from '@aws-sdk/client-secrets-manager';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { startSecrets } from '#emulator/services/secrets.ts';
import type { Service } from '#emulator/services/service.ts';
import { freshSecrets } from '#shared/jobs/callbacks/cachedSecrets.ts';
import { createSecrets } from '#shared/jobs/secretsManager/callbackSecrets.ts';
import { systemIds } from '#shared/kernel/ports.ts';

const ARNS = ['arn:one', 'arn:two', 'arn:three'];
const [ONE = '', TWO = '', THREE = ''] = ARNS;
const GenerateSecretString = { PasswordLength: 43, ExcludePunctuation: true };
let service: Service;
let client: SecretsManagerClient;

beforeAll(async () => {
  service = await startSecrets(ARNS.map((arn) => ({ arn, properties: { GenerateSecretString } })));
  const credentials = { accessKeyId: 'local', secretAccessKey: 'local' };
  client = new SecretsManagerClient({
    region: 'us-east-1',
    endpoint: service.endpoint,
    credentials,
    maxAttempts: 1,
  });
});
afterAll(async () => {
  client?.destroy();
  await service?.stop();
});

const secretsOf = (secretId: string) => createSecrets({ client, secretId, ids: systemIds });

it('begins with one secret, which the stack made', async () => {
  expect(await secretsOf(ONE).callback()).toEqual([expect.stringMatching(/^whsec_[\w+/]{43}=$/)]);
});

it('has the old secret beside the new one until the next rotation', async () => {
  const secrets = secretsOf(TWO);
  const [first] = await secrets.callback();
  const second = await secrets.rotate();
  expect(await secrets.callback()).toEqual([second, first]);
  const third = await secrets.rotate();
  expect(await secrets.callback()).toEqual([third, second]);
});

it('makes one version of a rotation whose answer was lost', async () => {
  const put = (SecretString: string) =>
    client.send(
      new PutSecretValueCommand({
        SecretId: THREE,
        SecretString,
        ClientRequestToken: 'x'.repeat(32),
      }),
    );
  const [first] = await secretsOf(THREE).callback();
  await put('again');
  await put('again');
  expect(await secretsOf(THREE).callback()).toEqual(['whsec_agai', first]);
  await expect(put('other')).rejects.toMatchObject({ name: 'ResourceExistsException' });
});

it('says so when there is no such secret', async () => {
  await expect(secretsOf('arn:none').callback()).rejects.toMatchObject({
    name: 'ResourceNotFoundException',
  });
  await expect(
    client.send(new GetSecretValueCommand({ SecretId: ONE, VersionStage: 'AWSPENDING' })),
  ).rejects.toMatchObject({ name: 'ResourceNotFoundException' });
});

it('is read again when it is old, and outlives an outage of its keeper', async () => {
  let now = 0;
  let reads = 0;
  const warnings: string[] = [];
  const logger = {
    debug: () => undefined,
    info: () => undefined,
    error: () => undefined,
    warn: (message: string) => void warnings.push(message),
  };
  const callback = () => {
    reads += 1;
    return reads === 3 ? Promise.reject(new Error('down')) : Promise.resolve([`v${reads}`]);
  };
  const secrets = freshSecrets({
    open: () => Promise.resolve({ callback }),
    clock: { now: () => now },
    logger,
    freshMs: 1_000,
  });
  expect(await secrets.callback()).toEqual(['v1']);
  now = 999;
  expect(await secrets.callback()).toEqual(['v1']);
  now = 1_000;
  expect(await secrets.callback()).toEqual(['v2']);
  now = 2_000;
  expect(await secrets.callback()).toEqual(['v2']);
  expect(warnings).toHaveLength(1);
  expect(await secrets.callback()).toEqual(['v4']);
});
