/**
 * Secrets that are rotated while jobs run: receivers and hosts that know the secret before go on,
 * until the next rotation. Functions read a secret every few minutes, and in each new environment;
 * a changed configuration brings those at once.
 */
import { CloudFormationClient, DescribeStacksCommand } from '@aws-sdk/client-cloudformation';
import { SQSClient } from '@aws-sdk/client-sqs';
import { Mesh } from 'sheratan/client';
import { createHost, type MeshHost } from 'sheratan/host';
import { echo } from 'sheratan/kinds';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Assembly, type Deployed, openDeployed } from '../support/deployed.ts';
import { type Receiver, startReceiver, verifiedBy } from '../support/receiver.ts';
import { ringMinute } from '../support/ringMinute.ts';
import { startAnew } from '../support/startAnew.ts';

const STAGE = 'e2e-keys';
const PRICE = 40;

const deployed: Deployed = await openDeployed();
const { endpoint } = deployed;
let assembly: Assembly;
let mesh: Mesh;
let receiver: Receiver;
const hosts: MeshHost[] = [];

const sheratan = async (args: readonly string[], input?: string): Promise<string> => {
  const answer = await deployed.sheratan(STAGE, args, input);
  expect(answer, `${answer.stdout}\n${answer.stderr}`).toMatchObject({ code: 0 });
  return answer.stdout;
};
const secretsOf = async (whose: 'callbacks' | 'hosts', ...more: readonly string[]) =>
  JSON.parse(await sheratan([whose, 'secret', '--json', ...more])) as {
    readonly current: string;
    readonly previous?: string;
  };
/** @param round a changed setting of every function that calls out, so that each starts anew */
const deploy = async (round: number): Promise<void> => {
  if (round > 1 && endpoint.lacks('LocalStack-alias-updates'))
    return startAnew(['worker', 'prober', 'reporter'].map((name) => `sheratan-${STAGE}-${name}`));
  assembly = await deployed.synthesize(STAGE, {
    leaseSeconds: '6',
    allowLoopback: 'true',
    logRetentionDays: '1',
    outboundAllow: `["192.0.2.${round}/32"]`,
  });
  await deployed.deploy(assembly);
};
/** What a job's callback brought. */
const callback = async () => {
  const { id } = await mesh.send(echo, { ok: true }, { callback: { url: receiver.url } });
  const arrived = () => receiver.received.find(({ body }) => JSON.parse(body).id === id);
  await expect.poll(arrived, { timeout: 60_000 }).toBeDefined();
  return arrived() ?? { headers: {}, body: '' };
};
const addHost = async (id: string, secret: string): Promise<void> => {
  const host = createHost({ kinds: { echo: (input) => input }, secret });
  hosts.push(host);
  const url = await host.listen({ port: 0, address: '127.0.0.1', drainOn: [] });
  await sheratan([
    'hosts',
    'add',
    id,
    url,
    '--kind',
    `echo=${PRICE}`,
    '--tag',
    id,
    '--interval',
    '5',
  ]);
};
/** The rule rings each minute; nobody need wait for it. */
const ring = async (): Promise<void> => {
  const client = new CloudFormationClient();
  const StackName = assembly.stackName;
  const { Stacks = [] } = await client.send(new DescribeStacksCommand({ StackName }));
  client.destroy();
  const outputs = (Stacks[0]?.Outputs ?? []).map(
    ({ OutputKey = '', OutputValue }) => [OutputKey, OutputValue] as const,
  );
  const sqs = new SQSClient();
  await ringMinute(sqs, Object.fromEntries(outputs));
  sqs.destroy();
};
const online = async (id: string): Promise<void> => {
  await ring();
  await expect
    .poll(async () => JSON.parse(await sheratan(['hosts', 'show', id, '--json'])).state, {
      timeout: 120_000,
      interval: 1_000,
    })
    .toBe('online');
};
/** A job that this host is to run and is paid for. */
const dispatch = async (id: string, tag: string): Promise<void> => {
  const payload = { kind: 'echo', input: id, tags: [tag] };
  const cost = { payer: 'ada', amount: 100 };
  await sheratan(['send', '-'], JSON.stringify({ kind: 'mesh.dispatch', id, payload, cost }));
};
const reach = (id: string, pattern: RegExp) =>
  expect.poll(() => sheratan(['why', id]), { timeout: 120_000, interval: 1_000 }).toMatch(pattern);

describe.runIf(endpoint.url !== undefined && !endpoint.lacks('LocalStack-containers'))(
  'a rotated secret',
  () => {
    const signing: string[] = [];
    const calling: string[] = [];
    /** Until a callback is signed by these of the secrets, the newest first. */
    const signedBy = (wanted: readonly boolean[]) =>
      expect
        .poll(async () => verifiedBy(await callback(), signing), { timeout: 120_000 })
        .toEqual(wanted);

    beforeAll(async () => {
      await deploy(1);
      mesh = await Mesh.connect({ stage: STAGE, ...(endpoint.url && { endpoint: endpoint.url }) });
      receiver = await startReceiver();
      signing.push((await secretsOf('callbacks')).current);
      calling.push((await secretsOf('hosts')).current);
    });
    afterAll(async () => {
      mesh?.close();
      await receiver?.stop();
      await Promise.all(hosts.map((host) => host.close()));
      if (assembly) await deployed.destroy(assembly);
      deployed.cleanUp();
      console.log(`Seconds: ${JSON.stringify(deployed.timings)}`);
    });

    it('finds a host that runs jobs by it, and pays it', async () => {
      await sheratan(['ledger', 'open', 'mint', '--may-owe']);
      await sheratan(['ledger', 'open', 'ada']);
      await sheratan(['ledger', 'transfer', 'fund', 'mint', 'ada', '1000']);
      await addHost('first', calling[0] ?? '');
      await online('first');
      await dispatch('paid', 'first');
      await reach('paid', /completed[\s\S]* from ada to host:first/);
      expect(verifiedBy(await callback(), signing)).toEqual([true]);
    });

    it('leaves those who know the secret before at work', async () => {
      signing.unshift((await secretsOf('callbacks', '--rotate')).current);
      calling.unshift((await secretsOf('hosts', '--rotate')).current);
      // Whether the functions have seen it or not.
      expect(verifiedBy(await callback(), signing)[1]).toBe(true);
      await dispatch('between', 'first');
      await reach('between', /completed/);
      await deploy(2);
      await signedBy([true, true]);
      await addHost('second', calling[0] ?? '');
      await online('second');
      for (const host of ['first', 'second']) {
        await dispatch(`both-${host}`, host);
        await reach(`both-${host}`, new RegExp(`completed[\\s\\S]* from ada to host:${host}`));
      }
    });

    it('is forgotten with the rotation after the next', async () => {
      signing.unshift((await secretsOf('callbacks', '--rotate')).current);
      calling.unshift((await secretsOf('hosts', '--rotate')).current);
      expect(await secretsOf('callbacks')).toEqual({ current: signing[0], previous: signing[1] });
      expect(verifiedBy(await callback(), signing)[1]).toBe(true);
      await deploy(3);
      await signedBy([true, true, false]);
      await dispatch('refused', 'first');
      await reach('refused', /first[\s\S]*answered 401/);
      await dispatch('taken', 'second');
      await reach('taken', /completed/);
      expect(await sheratan(['ledger', 'verify'])).toContain('all is as the journal says');
    });
  },
);
