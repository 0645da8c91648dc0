import { SendMessageCommand } from '@aws-sdk/client-sqs';
import { echo, readFile } from 'sheratan/kinds';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Deployment, openEmbedded } from '#client/deployment.ts';
import { type Mesh, meshOn } from '#client/mesh.ts';
import { type Cloud, startCloud } from '#emulator/cloud.ts';
import { queueIn } from '#shared/contracts/pools.ts';
import { synthesized } from '../support/synthesize.ts';

const MAIN = 'sheratan-dev-worker';
const HEAVY = 'sheratan-dev-worker-heavy';
const POOLS = { heavy: { kinds: ['echo'], memoryMb: 256, timeoutSeconds: 120 } };

let cloud: Cloud;
let deployment: Deployment;
let mesh: Mesh;
const invoked: string[] = [];

beforeAll(async () => {
  const assemblyDir = await synthesized([
    'leaseSeconds=6',
    'allowLoopback=true',
    'securityChecks=off',
    'monitoring=none',
    `pools=${JSON.stringify(POOLS)}`,
  ]);
  const observer = {
    invoked: ({ functionName }: { readonly functionName: string }) =>
      void invoked.push(functionName),
    sent: () => undefined,
  };
  cloud = await startCloud({ assemblyDir, observer });
  const { stackName, outputs, clientEnv } = cloud;
  deployment = openEmbedded({ pid: process.pid, stackName, outputs, clientEnv });
  mesh = meshOn(deployment);
});
afterAll(async () => {
  mesh?.close();
  await cloud?.stop();
});

const within = { timeoutSeconds: 60 };
const soon = { timeout: 30_000 };
const runsOf = (name: string): number => invoked.filter((each) => each === name).length;

/** Sends as a program does that knows of no pools. @returns the message id */
const sendToMain = async (n: number, group: string): Promise<string> => {
  const { MessageId = '' } = await deployment.sqs.send(
    new SendMessageCommand({
      QueueUrl: deployment.queueUrls.normal,
      MessageBody: JSON.stringify({ kind: 'echo', payload: n }),
      MessageGroupId: group,
      MessageDeduplicationId: `${group}-${n}`,
    }),
  );
  return MessageId;
};

describe('a kind of a pool', () => {
  it("goes to the pool's queue and runs on the pool's function alone", async () => {
    const before = runsOf(MAIN);
    const job = await mesh.send(echo, { n: 1 });
    expect(await mesh.result(job, within)).toEqual({ n: 1 });
    // The table knows the end of a job before its invocation is over.
    await expect.poll(() => runsOf(HEAVY), soon).toBeGreaterThan(0);
    expect(runsOf(MAIN)).toBe(before);
  });

  it('leaves the other kinds to the worker of the mesh', async () => {
    const before = runsOf(HEAVY);
    const job = await mesh.send(readFile, { path: 'nowhere' });
    await expect(mesh.result(job, within)).rejects.toMatchObject({ code: 'FILE_NOT_FOUND' });
    expect(runsOf(HEAVY)).toBe(before);
  });

  it('is moved there when its sender knew no pools: same id, same time, in the order of its group', async () => {
    const numbers = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11];
    const ids: string[] = [];
    for (const n of numbers) ids.push(await sendToMain(n, 'in order'));
    const handles = ids.map((id) => ({ id, kind: 'echo', sent: { messageId: id } }));
    const records = await mesh.waitFor(handles, within);
    expect(records.map(({ status, id }) => [status, id])).toEqual(
      ids.map((id) => ['COMPLETED', id]),
    );
    const ends = records.map(({ history }) => history.at(-1)?.at ?? 0);
    expect(ends).toEqual([...ends].sort((a, b) => a - b));
    const [first] = records;
    const sent = first?.history.find(({ event }) => event === 'claimed')?.at ?? 0;
    expect(first?.createdAt).toBeLessThanOrEqual(sent);
    expect(first?.messageId).toBe(ids[0]);
  });

  it('is released to the pool after a wait in the table', async () => {
    const before = runsOf(HEAVY);
    const job = await mesh.send(echo, 'later', { delaySeconds: 1 });
    expect(await mesh.result(job, { timeoutSeconds: 90 })).toBe('later');
    expect(runsOf(HEAVY)).toBeGreaterThan(before);
  });

  it('goes back to the mesh when its message is in the queue of a pool that has it no more', async () => {
    const QueueUrl = queueIn('heavy', deployment.queueUrls.normal);
    const { MessageId: id = '' } = await deployment.sqs.send(
      new SendMessageCommand({
        QueueUrl,
        MessageBody: JSON.stringify({ kind: 'read_file', payload: { path: 'nowhere' } }),
        MessageGroupId: 'stray',
        MessageDeduplicationId: 'stray',
      }),
    );
    const [record] = await mesh.waitFor(
      [{ id, kind: 'read_file', sent: { messageId: id } }],
      within,
    );
    expect(record?.error).toMatchObject({ code: 'FILE_NOT_FOUND' });
  });
});
