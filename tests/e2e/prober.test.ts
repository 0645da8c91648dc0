import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import {
  DeleteMessageCommand,
  ReceiveMessageCommand,
  SendMessageCommand,
} from '@aws-sdk/client-sqs';
import { afterAll, beforeAll, expect, inject, it } from 'vitest';
import { type Deployment, openEmbedded } from '#client/deployment.ts';
import { type Cloud, startCloud } from '#emulator/cloud.ts';
import { OUTPUTS } from '#shared/contracts/outputs.ts';
import type { ProbeMessage } from '#shared/hosts/ports.ts';
import type { HostState } from '#shared/hosts/probing/hostState.ts';
import { addHosts } from '#shared/hosts/registry/manageHosts.ts';
import { systemSleep } from '#shared/kernel/ports.ts';
import { definitionOf } from '../support/hosts.ts';
import { BUS_QUEUE, subscribedAssembly, TOPIC_QUEUE } from '../support/subscribedAssembly.ts';

const INTERVAL_MS = 5_000;
/** Two turns, the first of which may just have begun when the host died, its second look, and a busy machine. */
const FOUND_WITHIN_MS = 3 * INTERVAL_MS + 10_000;

interface Told {
  readonly id: string;
  readonly host: string;
  readonly seq: number;
  readonly from: HostState;
  readonly to: HostState;
}

/** A host that can be killed, and started again on its port. */
const startHost = async () => {
  let server: Server | undefined;
  let port = 0;
  const start = async (): Promise<void> => {
    const next = createServer((_request, response) => response.end('{"status":"ok"}'));
    server = next;
    await new Promise<void>((resolve) => next.listen(port, '127.0.0.1', resolve));
    ({ port } = next.address() as AddressInfo);
  };
  const kill = (): void => {
    server?.close();
    server?.closeAllConnections();
  };
  await start();
  return { start, kill, endpoint: `http://127.0.0.1:${port}` };
};

const NAMES = ['a', 'b', 'c', 'd', 'e'] as const;
type Name = (typeof NAMES)[number];

const assembly = subscribedAssembly(inject('assemblyDir'));
const hosts = new Map<Name, Awaited<ReturnType<typeof startHost>>>();
const told: Record<string, Told[]> = { [BUS_QUEUE]: [], [TOPIC_QUEUE]: [] };
let cloud: Cloud;
let mesh: Deployment;

const host = (name: Name) => hosts.get(name) ?? expect.unreachable();

beforeAll(async () => {
  cloud = await startCloud({ assemblyDir: assembly.dir });
  const { stackName, outputs, clientEnv } = cloud;
  mesh = openEmbedded({ pid: process.pid, stackName, outputs, clientEnv });
  for (const name of NAMES) hosts.set(name, await startHost());
  await addHosts(
    NAMES.map((name) =>
      definitionOf(name, {
        endpoint: host(name).endpoint,
        probe: { intervalSeconds: INTERVAL_MS / 1_000, timeoutMs: 1_000 },
      }),
    ),
    {},
    {
      store: mesh.hosts().store,
      clock: { now: () => Date.now() },
      random: { next: Math.random },
      wait: systemSleep,
    },
  );
});

afterAll(async () => {
  for (const { kill } of hosts.values()) kill();
  mesh?.close();
  await cloud?.stop();
  assembly.remove();
});

const send = async (message: ProbeMessage): Promise<void> => {
  const QueueUrl = cloud.outputs[OUTPUTS.probesUrl];
  await mesh.sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: JSON.stringify(message) }));
};

const stateOf = async (name: Name): Promise<HostState | undefined> => {
  const { store, states } = mesh.hosts();
  const { shard, number } = (await store.get(name)) ?? expect.unreachable();
  return (await states.read(shard)).live.get(number)?.state;
};

/** @returns after how long, in ms */
const until = async (name: Name, state: HostState, withinMs: number): Promise<number> => {
  const began = Date.now();
  await expect.poll(() => stateOf(name), { timeout: withinMs, interval: 200 }).toBe(state);
  return Date.now() - began;
};

const listen = async (queue: string): Promise<void> => {
  const QueueUrl = cloud.outputs[OUTPUTS.probesUrl]?.replace(/[^/]+$/, queue);
  const { Messages = [] } = await mesh.sqs.send(
    new ReceiveMessageCommand({ QueueUrl, MaxNumberOfMessages: 10 }),
  );
  for (const { Body = '', ReceiptHandle } of Messages) {
    const { detail } = JSON.parse(Body) as { readonly detail: Told };
    told[queue]?.push(detail);
    await mesh.sqs.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle }));
  }
};

const heard = async (queue: string, id: string): Promise<Told | undefined> => {
  await listen(queue);
  return told[queue]?.find((each) => each.id === id);
};

it('finds hosts up, dead and revived, tells each change once, and loses none to killed environments', async () => {
  const minute: ProbeMessage = { kind: 'minute', at: Date.now() };
  await Promise.all([send(minute), send(minute)]);
  for (const name of NAMES) await until(name, 'online', 30_000);

  host('a').kill();
  expect(await until('a', 'offline', FOUND_WITHIN_MS)).toBeLessThan(FOUND_WITHIN_MS);

  // A job's call finds it dead: that needs no turn.
  const { shard = '' } = (await mesh.hosts().store.get('b')) ?? {};
  host('b').kill();
  await send({ kind: 'suspect', shard, host: 'b', at: Date.now(), detail: 'refused' });
  await until('b', 'offline', FOUND_WITHIN_MS);

  // Whoever is at work on it dies; what is not done is done by the next.
  host('c').kill();
  const killing = setInterval(() => {
    for (const { pid, functionId } of cloud.environments())
      if (/Announcer|Prober/.test(functionId)) cloud.killEnvironment(pid);
  }, 4_000);
  await until('c', 'offline', 8 * INTERVAL_MS + FOUND_WITHIN_MS);
  clearInterval(killing);

  await host('a').start();
  await until('a', 'online', FOUND_WITHIN_MS);

  const history = await Promise.all(
    NAMES.map(async (name) => {
      const state = await stateOf(name);
      const { history: changes } = mesh.hosts();
      const last = async () => (await changes.changes(name, 20))[0]?.to;
      await expect.poll(last, { timeout: 20_000 }).toBe(state);
      return [...(await changes.changes(name, 20))].reverse();
    }),
  );
  for (const changes of history) {
    expect(changes.map(({ from }) => from)).toEqual(
      ['unknown', ...changes.map(({ to }) => to)].slice(0, -1),
    );
    const [first] = changes;
    expect(changes.map(({ seq }) => seq)).toEqual(changes.map((_, n) => (first?.seq ?? 0) + n));
  }
  const ids = history.flat().map(({ host: name, seq }) => `${name}#${seq}`);
  expect(history[0]?.map(({ to }) => to)).toEqual(['online', 'offline', 'online']);
  for (const queue of [BUS_QUEUE, TOPIC_QUEUE])
    for (const id of ids)
      await expect.poll(() => heard(queue, id), { timeout: 20_000 }).toMatchObject({ id });
  // One that was put before its announcer was killed is put again, under the same id.
  expect(new Set(told[BUS_QUEUE]?.map(({ id }) => id))).toEqual(new Set(ids));
}, 240_000);
