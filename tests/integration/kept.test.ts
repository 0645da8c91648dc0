import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { ReceiveMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { type FauxqsServer, startFauxqs } from 'fauxqs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { keptIn } from '#emulator/data/kept.ts';
import { type ScheduleBook, startScheduler } from '#emulator/services/scheduler.ts';
import { startSecrets } from '#emulator/services/secrets.ts';
import { createSecrets } from '#shared/jobs/secretsManager/callbackSecrets.ts';
import { systemIds } from '#shared/kernel/ports.ts';

const region = 'us-east-1';
const credentials = { accessKeyId: 'local', secretAccessKey: 'local' };
const HOUR_MS = 3_600_000;

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'sheratan-kept-'));
});
afterEach(() => {
  rmSync(dir, { recursive: true });
});

describe('what is kept', () => {
  it('is there for the next process, and for nobody else', () => {
    const path = join(dir, 'value.json');
    expect(keptIn(path).read()).toBeUndefined();
    keptIn(path).write({ a: 1 });
    keptIn(path).write({ a: 2 });
    expect(keptIn(path).read()).toEqual({ a: 2 });
    expect(statSync(path).mode & 0o077).toBe(0);
  });

  it('is refused by name when it is damaged', () => {
    const path = join(dir, 'value.json');
    writeFileSync(path, '{"a":');
    expect(() => keptIn(path).read()).toThrow(
      expect.objectContaining({
        code: 'DATA_FOLDER_DAMAGED',
        message: expect.stringContaining(path),
      }),
    );
  });
});

it('secrets are those of the process before, with the ones before them', async () => {
  const specs = [{ arn: 'arn:one', properties: { GenerateSecretString: { PasswordLength: 43 } } }];
  const life = async <T>(use: (secrets: ReturnType<typeof createSecrets>) => Promise<T>) => {
    const service = await startSecrets(specs, keptIn(join(dir, 'secrets.json')));
    const client = new SecretsManagerClient({ region, endpoint: service.endpoint, credentials });
    const result = await use(createSecrets({ client, secretId: 'arn:one', ids: systemIds }));
    client.destroy();
    await service.stop();
    return result;
  };
  const [made] = await life((secrets) => secrets.callback());
  expect(await life((secrets) => secrets.callback())).toEqual([made]);
  const rotated = await life((secrets) => secrets.rotate());
  expect(await life((secrets) => secrets.callback())).toEqual([rotated, made]);
});

describe('a schedule that is kept', () => {
  let server: FauxqsServer;
  let sqs: SQSClient;
  let QueueUrl: string;
  beforeEach(async () => {
    server = await startFauxqs({ port: 0, logger: false });
    QueueUrl = server.createQueue('ticks').queueUrl;
    sqs = new SQSClient({ region, credentials, endpoint: `http://127.0.0.1:${server.port}` });
  });
  afterEach(async () => {
    sqs.destroy();
    await server.stop();
  });

  const fieldsOf = (ScheduleExpression: string, over: object = {}) => ({
    Name: 'late',
    GroupName: 'g',
    ScheduleExpression,
    State: 'ENABLED',
    Target: {
      Arn: 'arn:aws:scheduler:::aws-sdk:sqs:sendMessage',
      Input: JSON.stringify({ QueueUrl, MessageBody: '<aws.scheduler.scheduled-time>' }),
    },
    ...over,
  });
  const kept = () => keptIn<ScheduleBook>(join(dir, 'schedules.json'));
  const begin = () =>
    startScheduler({
      sqs,
      region,
      accountId: '000000000000',
      groups: ['g'],
      kept: kept(),
      isAllowed: () => true,
      onFault: (text) => expect.unreachable(text),
    });
  const sent = async (): Promise<readonly (string | undefined)[]> => {
    const { Messages = [] } = await sqs.send(
      new ReceiveMessageCommand({ QueueUrl, MaxNumberOfMessages: 10 }),
    );
    return Messages.map(({ Body }) => Body);
  };
  /** What it sent in one life, up to when it has written down that it did. */
  const untilTicked = async (): Promise<readonly (string | undefined)[]> => {
    const before = kept().read()?.['g/late']?.due;
    const scheduler = await begin();
    await expect.poll(() => kept().read()?.['g/late']?.due, { timeout: 20_000 }).not.toBe(before);
    await scheduler.stop();
    return sent();
  };

  it.each(['rate(1 minute)', 'cron(* * * * ? *)'])(
    'makes up for what it missed once, and goes on from then: %s',
    async (expression) => {
      const due = Math.floor((Date.now() - 5 * HOUR_MS) / 1_000) * 1_000;
      kept().write({ 'g/late': { fields: fieldsOf(expression), madeAt: due - HOUR_MS, due } });
      const time = new Date(due).toISOString().replace('.000Z', 'Z');
      expect(await untilTicked()).toEqual([time]);
      expect(kept().read()?.['g/late']?.due).toBeGreaterThan(Date.now() - 60_000);
    },
  );

  it('that was for one time is not lost, nor repeated', async () => {
    const due = Math.floor(Date.now() / HOUR_MS - 1) * HOUR_MS;
    const at = new Date(due);
    const day = `${at.getUTCDate()} ${at.getUTCMonth() + 1} ? ${at.getUTCFullYear()}`;
    const fields = fieldsOf(`cron(0 ${at.getUTCHours()} ${day})`);
    kept().write({ 'g/late': { fields, madeAt: due - HOUR_MS, due } });
    expect(await untilTicked()).toEqual([at.toISOString().replace('.000Z', 'Z')]);
    expect(kept().read()?.['g/late']).not.toHaveProperty('due');
    const again = await begin();
    await again.stop();
    expect(await sent()).toEqual([]);
  });

  it('that is paused stays paused', async () => {
    const fields = fieldsOf('rate(1 minute)', { State: 'DISABLED' });
    kept().write({ 'g/late': { fields, madeAt: Date.now() - HOUR_MS } });
    const scheduler = await begin();
    const response = await fetch(`${scheduler.endpoint}/schedules/late?groupName=g`);
    expect(await response.json()).toMatchObject({ Name: 'late', State: 'DISABLED' });
    await scheduler.stop();
    expect(await sent()).toEqual([]);
  });
});
