/** Each trap that makes a prober call healthy hosts dead, set up for real. */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { Agent, get } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, describe, expect, it } from 'vitest';
import { createProbe } from '#shared/hosts/http/probe.ts';
import { watchStalls } from '#shared/hosts/http/stalls.ts';
import type { Probe } from '#shared/hosts/ports.ts';
import type { ProbeOutcome } from '#shared/hosts/probing/probeOutcome.ts';
import type { Host, ProbeSettings } from '#shared/hosts/registry/host.ts';
import type { Resolve } from '#shared/kernel/addresses.ts';
import { systemClock } from '#shared/kernel/ports.ts';
import { probeHosts } from '../support/probeHosts.ts';
import type { ProberOrder } from '../support/prober.ts';
import { aHost as anyHost, serve } from '../support/targets.ts';

const ends: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

/** Patient: what is tested is what the prober says, not how busy this machine is. */
const aHost = (id: string, endpoint: string, probe: Partial<ProbeSettings> = {}): Host =>
  anyHost(id, endpoint, { timeoutMs: 20_000, degradedMs: 20_000, ...probe });

const options = { allow: ['127.0.0.0/8'], clock: systemClock, hosts: 100 };

const runAll = (hosts: readonly Host[], probe: Probe) => {
  const stalls = watchStalls(systemClock);
  ends.push(stalls.stop);
  return probeHosts(hosts, probe, stalls);
};

/** How many there are of each outcome. */
const tally = (outcomes: readonly ProbeOutcome[]): Readonly<Record<string, number>> => {
  const counts: Record<string, number> = {};
  for (const outcome of outcomes) {
    const name = 'reason' in outcome ? `${outcome.kind}: ${outcome.reason}` : outcome.kind;
    counts[name] = (counts[name] ?? 0) + 1;
  }
  return counts;
};

const started = async (child: ChildProcess): Promise<ChildProcess> => {
  ends.push(() => child.kill('SIGKILL'));
  await once(child, 'message');
  return child;
};

const ask = async (prober: ChildProcess, order: ProberOrder) => {
  prober.send(order);
  const [outcomes] = (await once(prober, 'message')) as [readonly ProbeOutcome[]];
  return outcomes;
};

describe('connections across a freeze', () => {
  /** After the thaw each connection from before it is dead at the other end. */
  const startFreezing = async () => {
    const epochs = new WeakMap<Socket, number>();
    let epoch = 0;
    const server = await serve((request, response) => {
      const since = epochs.get(request.socket) ?? epoch;
      epochs.set(request.socket, since);
      if (since < epoch) request.socket.resetAndDestroy();
      else response.end('{}');
    }, '0.0.0.0');
    ends.push(server.stop);
    return { port: server.port, freeze: () => (epoch += 1) };
  };
  const addresses = Array.from({ length: 60 }, (_, index) => `127.0.1.${index + 1}`);

  it('are all dead when they are kept', async () => {
    const { port, freeze } = await startFreezing();
    const agent = new Agent({ keepAlive: true });
    ends.push(() => agent.destroy());
    const one = (host: string) =>
      new Promise<boolean>((resolve) =>
        get({ host, port, agent }, (response) =>
          response.resume().once('end', () => resolve(true)),
        ).once('error', () => resolve(false)),
      );
    const run = async () => (await Promise.all(addresses.map(one))).filter(Boolean).length;
    expect(await run()).toBe(addresses.length);
    await expect.poll(() => Object.keys(agent.freeSockets).length).toBe(addresses.length);
    freeze();
    expect(await run()).toBe(0);
  });

  it('are none when each probe has its own', async () => {
    const { port, freeze } = await startFreezing();
    const probe = createProbe(options);
    const hosts = addresses.map((address) => aHost(address, `http://${address}:${port}`));
    expect(tally(await runAll(hosts, probe))).toEqual({ ok: 60 });
    freeze();
    expect(tally(await runAll(hosts, probe))).toEqual({ ok: 60 });
  });
});

describe('a process that was stopped while it probed', () => {
  it('blames no host for its own delay', async () => {
    const waiting: (() => void)[] = [];
    const server = await serve((_, response) => {
      waiting.push(() => response.end('{}'));
    }, '0.0.0.0');
    ends.push(server.stop);
    const prober = await started(fork('tests/support/prober.ts'));
    const hosts = Array.from({ length: 40 }, (_, index) =>
      aHost(`h${index}`, `http://127.0.2.${index + 1}:${server.port}`, { timeoutMs: 600 }),
    );
    const outcomes = ask(prober, { hosts });
    await expect.poll(() => waiting.length).toBe(hosts.length);
    prober.kill('SIGSTOP');
    await sleep(1_600);
    prober.kill('SIGCONT');
    expect(tally(await outcomes)).toEqual({ 'inconclusive: clock_jump': hosts.length });
  });
});

describe('1,200 hosts and 1,024 descriptors', () => {
  const startLimited = async () => {
    const server = await serve(
      (_, response) => setTimeout(() => response.end('{}'), 300),
      '0.0.0.0',
    );
    ends.push(server.stop);
    const hosts = Array.from({ length: 1_200 }, (_, index) =>
      aHost(`h${index}`, `http://127.0.${3 + (index >> 8)}.${index & 255}:${server.port}`),
    );
    const limited = fork('tests/support/prober.ts', {
      execPath: '/bin/sh',
      execArgv: ['-c', 'ulimit -n 1024 && exec "$NODE" "$0"'],
      env: { ...process.env, NODE: process.execPath },
    });
    return { hosts, prober: await started(limited) };
  };

  it('are all up in slots', async () => {
    const { hosts, prober } = await startLimited();
    expect(tally(await ask(prober, { hosts }))).toEqual({ ok: 1_200 });
  });

  it('are not all seen at once, but none is said to be down', async () => {
    const { hosts, prober } = await startLimited();
    const counts = tally(await ask(prober, { hosts, atOnce: true }));
    expect(Object.keys(counts).sort()).toEqual(['inconclusive: descriptors', 'ok']);
  });
});

describe('a host that drops what would connect', () => {
  it('is given up at the deadline, not when the kernel does', async () => {
    const child = fork('tests/support/stuckListener.ts');
    ends.push(() => child.kill('SIGKILL'));
    const [{ port }] = (await once(child, 'message')) as [AddressInfo];
    child.kill('SIGSTOP');
    const isIn = async (): Promise<boolean> => {
      const socket = connect(port, '127.0.0.1');
      ends.push(() => socket.destroy());
      socket.on('error', () => undefined);
      return Promise.race([once(socket, 'connect').then(() => true), sleep(400).then(() => false)]);
    };
    while (await isIn());
    const host = aHost('stuck', `http://127.0.0.1:${port}`, { timeoutMs: 500 });
    const outcome = await createProbe(options)(host, 500);
    expect(outcome).toMatchObject({
      kind: 'fail',
      reason: 'timeout',
      detail: expect.stringContaining('waited for the connection'),
    });
    expect('phases' in outcome && outcome.phases).toEqual({});
  });
});

describe('names', () => {
  const startNamed = async (count: number) => {
    const server = await serve((_, response) => response.end('{}'));
    ends.push(server.stop);
    return Array.from({ length: count }, (_, index) =>
      aHost(`h${index}`, `http://h${index}.example:${server.port}`),
    );
  };
  const here = [{ address: '127.0.0.1', family: 4 }];

  // 4 is what a Node process has unless it is told otherwise (UV_THREADPOOL_SIZE).
  it.each([4, 64])(
    'of a thousand hosts are asked for once, at 20 ms each, %s at a time',
    async (width) => {
      const hosts = await startNamed(1_000);
      const asked = new Map<string, number>();
      let free = width;
      const waiting: (() => void)[] = [];
      const resolve: Resolve = async (name) => {
        asked.set(name, (asked.get(name) ?? 0) + 1);
        if (free > 0) free -= 1;
        else await new Promise<void>((go) => waiting.push(go));
        await sleep(20);
        const next = waiting.shift();
        if (next) next();
        else free += 1;
        return here;
      };
      const probe = createProbe({ ...options, resolve });
      const first = await runAll(hosts, probe);
      expect(tally(first)).toEqual({ ok: 1_000 });
      expect(first.every((each) => 'phases' in each && (each.phases.dns ?? 0) >= 15)).toBe(true);
      expect(tally(await runAll(hosts, probe))).toEqual({ ok: 1_000 });
      expect(new Set(asked.values())).toEqual(new Set([1]));
      expect(asked.size).toBe(1_000);
    },
  );

  it('that the resolver forgets for a while are known from before', async () => {
    const hosts = await startNamed(20);
    let now = 0;
    let down = false;
    const fault = (code: string) => Object.assign(new Error(code), { code });
    const resolve: Resolve = async () => {
      if (down) throw fault('EAI_AGAIN');
      return here;
    };
    const probe = createProbe({ ...options, clock: { now: () => now }, resolve });
    expect(tally(await runAll(hosts, probe))).toEqual({ ok: 20 });
    now += 120_000;
    down = true;
    expect(tally(await runAll(hosts, probe))).toEqual({ ok: 20 });
  });

  it.each([
    [
      'says that it cannot now',
      () => Promise.reject(Object.assign(new Error(), { code: 'EAI_AGAIN' })),
    ],
    ['denies every name', () => Promise.reject(Object.assign(new Error(), { code: 'ENOTFOUND' }))],
    ['does not answer', () => new Promise<never>(() => undefined)],
  ])('blame no host when the resolver %s', async (_, resolve) => {
    const hosts = await startNamed(20);
    const quick = hosts.map((host) => ({ ...host, probe: { ...host.probe, timeoutMs: 200 } }));
    const outcomes = await runAll(quick, createProbe({ ...options, resolve }));
    expect(tally(outcomes)).toEqual({ 'inconclusive: dns_down': 20 });
  });

  it('that are gone, of a few, fail', async () => {
    const hosts = await startNamed(20);
    const resolve: Resolve = async (name) => {
      if (name === 'h3.example') throw Object.assign(new Error(name), { code: 'ENOTFOUND' });
      return here;
    };
    const outcomes = await runAll(hosts, createProbe({ ...options, resolve }));
    expect(tally(outcomes)).toEqual({ ok: 19, 'fail: dns': 1 });
  });

  it('that change their mind lead nowhere they must not', async () => {
    const [host] = await startNamed(1);
    if (!host) throw new Error('no host');
    let now = 0;
    const answers = ['127.0.0.1', '169.254.169.254', '10.0.0.1'];
    const resolve: Resolve = async () => [{ address: answers.shift() ?? '', family: 4 }];
    const probe = createProbe({ ...options, clock: { now: () => now }, resolve });
    const kinds: string[] = [];
    for (; answers.length > 0; now += 120_000)
      kinds.push(...Object.keys(tally([await probe(host, 20_000)])));
    expect(kinds).toEqual([
      'ok',
      'inconclusive: forbidden_address',
      'inconclusive: forbidden_address',
    ]);
  });
});
