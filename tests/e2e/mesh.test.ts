import { readFileSync } from 'node:fs';
import { DynamoDBClient, UpdateItemCommand } from '@aws-sdk/client-dynamodb';
import { SendMessageCommand } from '@aws-sdk/client-sqs';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { sendItems } from '#cli/commands/send.ts';
import { pushDirectory } from '#cli/commands/workspace.ts';
import { inputItemsOf, readLegacy } from '#cli/input/input.ts';
import { type Deployment, openEmbedded } from '#client/deployment.ts';
import { watchJobs } from '#client/wait.ts';
import { type Cloud, startCloud } from '#emulator/cloud.ts';
import { OUTPUTS } from '#shared/contracts/outputs.ts';
import { traceOf } from '#shared/jobs/record/trace.ts';

let cloud: Cloud;
let mesh: Deployment;

beforeAll(async () => {
  cloud = await startCloud({ assemblyDir: inject('assemblyDir') });
  const { stackName, outputs, clientEnv } = cloud;
  mesh = openEmbedded({ pid: process.pid, stackName, outputs, clientEnv });
});
afterAll(async () => {
  mesh?.close();
  await cloud?.stop();
});

const ended = async (ids: readonly string[], timeoutMs = 90_000) => {
  const seen = await watchJobs(mesh, { ids, timeoutMs, onChange: () => undefined });
  return ids.map((id) => seen.get(id));
};

const send = async (...envelopes: object[]): Promise<string[]> => {
  const report = await sendItems(inputItemsOf('test', JSON.stringify(envelopes)), mesh);
  expect(report.refused).toEqual([]);
  return report.sent.map(({ id }) => id);
};

/** Past the CLI's check: what any producer can put on a queue. */
const sendRaw = async (body: string): Promise<string> => {
  const { MessageId = '' } = await mesh.sqs.send(
    new SendMessageCommand({
      QueueUrl: mesh.queueUrls.normal,
      MessageBody: body,
      MessageGroupId: `raw-${Math.random()}`,
      MessageDeduplicationId: `raw-${Math.random()}`,
    }),
  );
  return MessageId;
};

describe('the embedded cloud', () => {
  it('runs the sample jobs to the end', async () => {
    await pushDirectory('examples/workspace', 'default', mesh);
    const samples = JSON.parse(readFileSync('examples/jobs.json', 'utf8')) as object[];
    const records = await ended(await send(...samples));
    expect(records.map((record) => record?.status)).toEqual(samples.map(() => 'COMPLETED'));
    const report = records.at(-1);
    expect(JSON.parse(report?.result ?? '')).toMatchObject({
      content: '# Report\nfirst line\nsecond line\n',
    });
  });

  it('takes a bare message from any SDK: kind and payload are enough', async () => {
    const id = await sendRaw('{"kind":"echo","payload":{"a":1}}');
    const [record] = await ended([id]);
    expect(record).toMatchObject({ status: 'COMPLETED', attempt: 1, result: '{"a":1}' });
    const steps = traceOf(record ?? expect.unreachable());
    expect(steps.map(({ event }) => event)).toEqual(['sent', 'claimed', 'completed']);
  });

  it('sends a job that waited long in the table when its time has come, by its timekeeper', async () => {
    const [id = ''] = await send({ kind: 'echo', payload: 1, delaySeconds: 3_600 });
    const record = () => mesh.store.get(id);
    await expect.poll(async () => (await record())?.dueAt, { timeout: 60_000 }).toBeDefined();
    const tables = new DynamoDBClient({
      region: cloud.region,
      endpoint: cloud.endpoints.dynamodb,
      credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
    });
    await tables.send(
      new UpdateItemCommand({
        TableName: cloud.outputs[OUTPUTS.jobsTable],
        Key: { pk: { S: `JOB#${id}` }, sk: { S: 'JOB' } },
        UpdateExpression: 'SET dueAt = :now',
        ExpressionAttributeValues: { ':now': { N: String(Date.now()) } },
      }),
    );
    tables.destroy();
    const { functionId = '' } =
      cloud.environments().find((each) => each.functionId.includes('Timekeeper')) ?? {};
    expect(await cloud.invoke(functionId, {})).toMatchObject({ ok: true });
    expect(await ended([id])).toMatchObject([{ status: 'COMPLETED', attempt: 1 }]);
  });

  it('gives a killed environment back its job, as a second attempt', async () => {
    const [id = ''] = await send({ kind: 'echo', payload: { delayMs: 4_000 }, group: 'kill' });
    const killed = await killWhile(id);
    const [record] = await ended([id]);
    expect(record).toMatchObject({ status: 'COMPLETED', attempt: 2 });
    expect(traceOf(record ?? expect.unreachable())[2]?.text).toContain('never reported back');
    expect(cloud.environments().map(({ pid }) => pid)).not.toContain(killed);
  }, 150_000);

  it('quarantines what cannot run, with its body and a reason, and holds nothing up', async () => {
    const bad = readFileSync('examples/bad.jsonl', 'utf8').trim().split('\n').slice(1);
    const records = await ended(await Promise.all(bad.map(sendRaw)));
    records.forEach((record, index) => {
      expect(record).toMatchObject({ status: 'QUARANTINED', envelope: bad[index] });
      expect(record?.error?.message).toBeTruthy();
    });
    const listed = await mesh.reader.attention('QUARANTINED', 100);
    expect(listed.map(({ id }) => id)).toEqual(
      expect.arrayContaining(records.map((each) => each?.id)),
    );
  });

  it('runs an id once, and refuses other content under it visibly', async () => {
    const job = { kind: 'echo', id: 'once', payload: 1 };
    await ended(await send(job));
    const before = await mesh.store.get('once');
    await sendRaw(JSON.stringify(job));
    const other = await sendRaw(JSON.stringify({ ...job, payload: 2 }));
    const [refused] = await ended([other]);
    expect(refused).toMatchObject({ status: 'QUARANTINED', error: { code: 'ID_TAKEN' } });
    const repeats = [{ at: expect.any(Number), messageId: other, code: 'ID_TAKEN' }];
    expect(await mesh.store.get('once')).toEqual({ ...before, repeats });
  });

  it("ends each of the original's job files in a state a person can act on", async () => {
    await pushDirectory('tests/fixtures/legacy/workspace', 'default', mesh);
    const files = readLegacy('tests/fixtures/legacy');
    const { sent, refused } = await sendItems(files, mesh, { check: false });
    expect(refused).toEqual([]);
    const records = await ended(sent.map(({ id }) => id));
    expect(records).toHaveLength(files.length);
    const counts = Map.groupBy(records, (record) => `${record?.kind} ${record?.status}`);
    expect(Object.fromEntries([...counts].map(([key, of]) => [key, of.length]))).toEqual({
      'agent_plan QUARANTINED': 1,
      'list_files COMPLETED': 1,
      'llm_call QUARANTINED': 2,
      'pdf_to_json QUARANTINED': 1,
      'read_file COMPLETED': 1,
      'read_file DEAD': 1,
      'read_file_batch COMPLETED': 2,
      'walk_tree COMPLETED': 2,
    });
    for (const record of records) {
      expect(['COMPLETED', 'DEAD', 'QUARANTINED']).toContain(record?.status);
      if (record?.status !== 'COMPLETED') expect(record?.error?.message).toMatch(/\w/);
    }
  });
});

/** Waits until the job runs, then kills the environment it runs in. */
const killWhile = async (id: string): Promise<number> => {
  await expect
    .poll(async () => (await mesh.store.get(id))?.status, { timeout: 20_000 })
    .toBe('RUNNING');
  const busy = cloud.environments().find(({ state }) => state === 'busy');
  const pid = busy?.pid ?? expect.unreachable();
  cloud.killEnvironment(pid);
  return pid;
};
