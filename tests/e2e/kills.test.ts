import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { type Deployment, openEmbedded } from '#client/deployment.ts';
import { type Cloud, startCloud } from '#emulator/cloud.ts';
import { systemSleep } from '#shared/kernel/ports.ts';
import type { ChangedAssembly } from '../support/changedAssembly.ts';
import { hastenedAssembly } from '../support/hastened.ts';
import { type Receiver, startReceiver } from '../support/receiver.ts';
import { seeded } from '../support/seeded.ts';
import { envelopesOf, expectEachOnce, openPayer, sendAll } from '../support/workload.ts';

const SEED = 20_260_115;
const JOBS = 80;
const KILLS_PER_FUNCTION = 5;
const PAUSE_MS_MAX = 200;

let cloud: Cloud;
let mesh: Deployment;
let assembly: ChangedAssembly;
let receiver: Receiver;
let functionIds: readonly string[] = [];

beforeAll(async () => {
  assembly = hastenedAssembly(inject('assemblyDir'));
  receiver = await startReceiver();
  cloud = await startCloud({ assemblyDir: assembly.dir });
  const { stackName, outputs, clientEnv } = cloud;
  mesh = openEmbedded({ pid: process.pid, stackName, outputs, clientEnv });
  functionIds = [...new Set(cloud.environments().map(({ functionId }) => functionId))];
});
afterAll(async () => {
  mesh?.close();
  await cloud?.stop();
  await receiver?.stop();
  assembly?.remove();
});

/** All functions as often, in an order that the seed decides. */
const victims = (random: () => number): readonly string[] =>
  Array.from({ length: KILLS_PER_FUNCTION }, () => functionIds)
    .flat()
    .map((functionId) => ({ functionId, at: random() }))
    .sort((a, b) => a.at - b.at)
    .map(({ functionId }) => functionId);

/** From outside, as the kernel does when memory is short; a busy environment before an idle one. */
const killOne = (functionId: string): void => {
  const of = cloud.environments().filter((each) => each.functionId === functionId);
  const victim = of.find(({ state }) => state === 'busy') ?? of[0];
  if (victim) process.kill(victim.pid, 'SIGKILL');
};

const isAnswering = async (functionId: string): Promise<boolean> =>
  (await cloud.invoke(functionId, { Records: [] })).ok;

describe('environments that are killed at random', () => {
  it('cost time and nothing else: each job ends once, and each function goes on', async () => {
    await openPayer(mesh);
    const random = seeded(SEED);
    const sending = sendAll(mesh, envelopesOf('kill', JOBS, receiver.url));
    for (const functionId of victims(random)) {
      killOne(functionId);
      await systemSleep(random() * PAUSE_MS_MAX);
    }
    await expectEachOnce(mesh, await sending, receiver);
    for (const functionId of functionIds)
      await expect.poll(() => isAnswering(functionId), { timeout: 60_000 }).toBe(true);
  }, 420_000);
});
