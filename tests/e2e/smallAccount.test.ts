/** An account with ten executions, all of which long jobs have for a time: work is late, and not lost. */
import { afterAll, beforeAll, expect, inject, it } from 'vitest';
import { type Deployment, openEmbedded } from '#client/deployment.ts';
import { watchJobs } from '#client/wait.ts';
import { type Cloud, startCloud } from '#emulator/cloud.ts';
import type { Resource, Template } from '#emulator/template/template.ts';
import { PRIORITIES, type Priority } from '#shared/contracts/queues.ts';
import { type ChangedAssembly, changedAssembly } from '../support/changedAssembly.ts';
import { hastenedAssembly } from '../support/hastened.ts';
import { type Receiver, startReceiver } from '../support/receiver.ts';
import { type Gates, startGates } from '../support/restoring.ts';
import { envelopesOf, expectEachOnce, openPayer, sendAll } from '../support/workload.ts';

const QUOTA = 10;
const JOBS = 24;
const PATIENCE = { timeout: 120_000, interval: 100 };

/** As in a small account, but that one queue may take what the others leave: so all ten can be held. */
const AT_ONCE: Readonly<Record<Priority, number>> = { critical: 4, high: 2, normal: 2, low: 2 };

const cramped = (resource: Resource): Resource => {
  const { Type, Properties = {} } = resource;
  if (Type !== 'AWS::Lambda::EventSourceMapping') return resource;
  if (Properties['StartingPosition'] !== undefined)
    return { Type, Properties: { ...Properties, ParallelizationFactor: 1 } };
  const source = JSON.stringify(Properties['EventSourceArn']).toLowerCase();
  const priority = PRIORITIES.find((each) => source.includes(each));
  const MaximumConcurrency = priority ? AT_ONCE[priority] : 2;
  return { Type, Properties: { ...Properties, ScalingConfig: { MaximumConcurrency } } };
};

let cloud: Cloud;
let mesh: Deployment;
let receiver: Receiver;
let gates: Gates;
const assemblies: ChangedAssembly[] = [];

beforeAll(async () => {
  const hastened = hastenedAssembly(inject('assemblyDir'));
  assemblies.push(hastened);
  const small = changedAssembly(hastened.dir, (template: Template) => ({
    ...template,
    Resources: Object.fromEntries(
      Object.entries(template.Resources).map(([id, resource]) => [id, cramped(resource)]),
    ),
  }));
  assemblies.push(small);
  [receiver, gates] = await Promise.all([startReceiver(), startGates()]);
  const options = { assemblyDir: small.dir, maxEnvironments: 4 * QUOTA, executionsMax: QUOTA };
  cloud = await startCloud(options);
  const { stackName, outputs, clientEnv } = cloud;
  mesh = openEmbedded({ pid: process.pid, stackName, outputs, clientEnv });
});
afterAll(async () => {
  mesh?.close();
  await cloud?.stop();
  await Promise.all([receiver?.stop(), gates?.close()]);
  for (const assembly of assemblies) assembly.remove();
});

const statusOf = async (id: string): Promise<string | undefined> =>
  (await mesh.store.get(id))?.status;

/** Long jobs, each in an invocation of its own: the one before runs already. */
const holdAll = async (): Promise<readonly string[]> => {
  const held: string[] = [];
  for (const priority of PRIORITIES)
    for (let n = 0; n < AT_ONCE[priority]; n += 1) {
      const id = `long-${priority}-${n}`;
      const payload = { url: gates.waiting(id) };
      const job = { kind: 'http.request', id, payload, priority, timeoutSeconds: 800 };
      await sendAll(mesh, [job]);
      await expect.poll(() => statusOf(id), PATIENCE).toBe('RUNNING');
      held.push(id);
    }
  return held;
};

it('refuses every function while long jobs have all executions, and then ends each job once', async () => {
  await openPayer(mesh);
  const held = await holdAll();
  expect(held).toHaveLength(QUOTA);
  const functionIds = [...new Set(cloud.environments().map(({ functionId }) => functionId))];
  const settler = functionIds.find((each) => /settle/i.test(each)) ?? expect.unreachable();
  await expect
    .poll(() => cloud.invoke(settler, { Records: [] }), PATIENCE)
    .toMatchObject({ ok: false, error: { errorType: 'TooManyRequestsException' } });
  const sent = await sendAll(mesh, envelopesOf('late', JOBS, receiver.url));

  for (const id of held) gates.open(id);
  await expectEachOnce(mesh, sent, receiver);
  const ends = { ids: held, timeoutMs: PATIENCE.timeout, onChange: () => undefined };
  for (const { status, history } of (await watchJobs(mesh, ends)).values())
    expect([status, history.filter(({ event }) => event === 'completed').length]).toEqual([
      'COMPLETED',
      1,
    ]);
}, 420_000);
