import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { afterEach, describe, expect, it } from 'vitest';
import { createHost, type HostKind, type HostOptions } from '#client/host/index.ts';
import { createProbe } from '#shared/hosts/http/probe.ts';
import { signedHeaders } from '#shared/jobs/callbacks/signature.ts';
import { PermanentError } from '#shared/jobs/kinds/errors.ts';
import { systemClock } from '#shared/kernel/ports.ts';
import { COMMAND } from '../support/command.ts';
import { aHost } from '../support/targets.ts';

const SECRET = 'whsec_czNjcmV0IHMzY3JldCBzM2NyZXQgczNj';

const ends: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

const start = async (options: Partial<HostOptions> = {}) => {
  const host = createHost({ kinds: {}, ...options });
  const endpoint = await host.listen();
  ends.push(host.close);
  return { host, endpoint };
};

interface Order {
  readonly jobId?: string;
  readonly kind?: string;
  readonly attempt?: number;
  readonly input?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

const run = async (endpoint: string, { headers, ...order }: Order = {}) => {
  const { jobId = 'j1' } = order;
  const body = JSON.stringify({ jobId, kind: 'work', attempt: 1, input: {}, ...order });
  const answer = await fetch(`${endpoint}/run`, {
    method: 'POST',
    headers: { 'idempotency-key': jobId, ...headers },
    body,
  });
  return {
    status: answer.status,
    retryAfter: answer.headers.get('retry-after'),
    body: (await answer.json()) as unknown,
  };
};

const get = async (url: string) => {
  const answer = await fetch(url);
  return { status: answer.status, body: (await answer.json()) as unknown };
};

/** A kind whose runs end when the test says so. */
const held = () => {
  const begun: { end: (value: unknown) => void; signal: AbortSignal }[] = [];
  const work: HostKind = (_, { signal }) => {
    const { promise, resolve } = Promise.withResolvers<unknown>();
    begun.push({ end: resolve, signal });
    return promise;
  };
  return { work, begun };
};

const ask = (endpoint: string) =>
  createProbe({ allow: ['127.0.0.0/8'], clock: systemClock, hosts: 1 })(
    aHost('h', endpoint),
    20_000,
  );

describe('a host', () => {
  it('runs a job once: who asks again gets the same answer', async () => {
    let runs = 0;
    const work: HostKind = (input, { jobId, attempt }) => ({ jobId, attempt, input, run: ++runs });
    const { endpoint } = await start({ kinds: { work } });
    const first = await run(endpoint, { input: { a: 1, b: 2 } });
    expect(first).toMatchObject({
      status: 200,
      body: { result: { jobId: 'j1', attempt: 1, input: { a: 1, b: 2 }, run: 1 } },
    });
    expect(await run(endpoint, { attempt: 2, input: { b: 2, a: 1 } })).toEqual(first);
    expect(await run(endpoint, { jobId: 'j2' })).toMatchObject({ body: { result: { run: 2 } } });
  });

  it('joins who asks while it runs; refuses the id for something else', async () => {
    const { work, begun } = held();
    const { endpoint } = await start({ kinds: { work } });
    const first = run(endpoint);
    await expect.poll(() => begun.length).toBe(1);
    const second = run(endpoint, { attempt: 2 });
    expect(await run(endpoint, { input: 'other' })).toMatchObject({
      status: 409,
      body: { error: { code: 'ID_TAKEN' } },
    });
    begun[0]?.end('done');
    expect(await first).toMatchObject({ status: 200, body: { result: 'done' } });
    expect(await second).toEqual(await first);
    expect(begun).toHaveLength(1);
    expect(await run(endpoint, { input: 'other' })).toMatchObject({ status: 409 });
  });

  it('remembers that a job can never succeed, and forgets other failures', async () => {
    let runs = 0;
    const kinds = {
      never: () => {
        runs += 1;
        throw new PermanentError('no', { code: 'NO' });
      },
      notYet: () => {
        runs += 1;
        throw new Error('later');
      },
    };
    const { endpoint } = await start({ kinds });
    for (const jobId of ['a', 'a'])
      expect(await run(endpoint, { jobId, kind: 'never' })).toMatchObject({
        status: 422,
        body: { error: { code: 'NO', message: 'no' } },
      });
    expect(runs).toBe(1);
    for (const jobId of ['b', 'b'])
      expect(await run(endpoint, { jobId, kind: 'notYet' })).toMatchObject({ status: 500 });
    expect(runs).toBe(3);
  });

  it('remembers no more results than it may', async () => {
    let runs = 0;
    const { endpoint } = await start({ kinds: { work: () => ++runs }, resultsMax: 2 });
    for (const jobId of ['a', 'b', 'c', 'c', 'b', 'a']) await run(endpoint, { jobId });
    expect(runs).toBe(4);
  });

  it('is busy when it has enough to do: no more jobs, and no false alarm', async () => {
    const { work, begun } = held();
    const { endpoint } = await start({ kinds: { work }, concurrency: 1 });
    expect(await ask(endpoint)).toMatchObject({ kind: 'ok' });
    const first = run(endpoint);
    await expect.poll(() => begun.length).toBe(1);
    expect(await get(`${endpoint}/health`)).toEqual({
      status: 200,
      body: { status: 'busy', active: 1, capacity: 1 },
    });
    expect(await ask(endpoint)).toMatchObject({ kind: 'busy' });
    expect(await run(endpoint, { jobId: 'j2' })).toMatchObject({ status: 503, retryAfter: '1' });
    begun[0]?.end(1);
    await first;
    expect(await ask(endpoint)).toMatchObject({ kind: 'ok' });
  });

  it('tells a run that its deadline passed, and keeps what it gives later', async () => {
    const { work, begun } = held();
    const { endpoint } = await start({ kinds: { work } });
    // On a busy machine a deadline may have passed before the run could begin.
    for (let ms = 150; begun.length === 0; ms *= 2) {
      const soon = { 'sheratan-deadline': String(Date.now() + ms) };
      expect(await run(endpoint, { headers: soon })).toMatchObject({
        status: 504,
        body: { error: { code: 'DEADLINE_PASSED' } },
      });
    }
    expect(begun[0]?.signal.aborted).toBe(true);
    begun[0]?.end('late');
    expect(await run(endpoint, { attempt: 2 })).toMatchObject({ body: { result: 'late' } });
    const past = { 'sheratan-deadline': String(Date.now() - 1) };
    expect(await run(endpoint, { jobId: 'j2', headers: past })).toMatchObject({ status: 504 });
    expect(begun).toHaveLength(1);
  });

  it('takes only jobs that are signed, when it has a secret', async () => {
    const { endpoint } = await start({ kinds: { work: () => 'done' }, secret: SECRET });
    const body = JSON.stringify({ jobId: 'j1', kind: 'work', attempt: 1, input: {} });
    const signed = (secret: string, now = Date.now()) =>
      signedHeaders(['whsec_YmVmb3Jl', secret], 'j1', body, now);
    const refused = { status: 401, body: { error: { code: 'SIGNATURE_INVALID' } } };
    expect(await run(endpoint)).toMatchObject(refused);
    expect(await run(endpoint, { headers: signed('whsec_d3Jvbmc=') })).toMatchObject(refused);
    for (const v1 of ['é'.repeat(44), 'ÿ'.repeat(22), '=', '', '0'.repeat(43)])
      expect(
        await run(endpoint, { headers: { ...signed(SECRET), 'webhook-signature': `v1,${v1}` } }),
      ).toMatchObject(refused);
    const old = signed(SECRET, Date.now() - 400_000);
    expect(await run(endpoint, { headers: old })).toMatchObject(refused);
    expect(await run(endpoint, { headers: signed(SECRET) })).toMatchObject({ status: 200 });
    expect(await ask(endpoint)).toMatchObject({ kind: 'ok' });
  });

  it.each([
    [{ kind: 'other' }, 501, 'KIND_UNKNOWN'],
    [{ kind: 'toString' }, 501, 'KIND_UNKNOWN'],
    [{ attempt: 0 }, 400, 'BODY_INVALID'],
    [{ headers: { 'idempotency-key': 'j9' } }, 400, 'ID_DIFFERS'],
  ])('says what is wrong with %j: %s %s', async (order, status, code) => {
    const { endpoint } = await start({ kinds: { work: () => 1 } });
    expect(await run(endpoint, order)).toMatchObject({ status, body: { error: { code } } });
  });

  it('tells its capacity, and nothing where nothing is', async () => {
    const { endpoint } = await start({ kinds: { work: () => 1 } });
    expect(await get(`${endpoint}/capacity`)).toEqual({
      status: 200,
      body: { active: 0, capacity: 4, draining: false, kinds: ['work'] },
    });
    expect(await get(`${endpoint}/`)).toMatchObject({ status: 404 });
    expect(await get(`${endpoint}/run`)).toMatchObject({ status: 405 });
  });

  it('drains: ends what it runs, takes nothing more, then is gone', async () => {
    const { work, begun } = held();
    const { host, endpoint } = await start({ kinds: { work } });
    const first = run(endpoint);
    await expect.poll(() => begun.length).toBe(1);
    const drained = host.drain();
    expect(await ask(endpoint)).toMatchObject({ kind: 'busy', retryAfterSeconds: 1 });
    expect(await run(endpoint, { jobId: 'j2' })).toMatchObject({ status: 503, retryAfter: '1' });
    begun[0]?.end('done');
    expect(await first).toMatchObject({ body: { result: 'done' } });
    await drained;
    expect(await ask(endpoint)).toMatchObject({ kind: 'fail', reason: 'refused' });
  });
});

describe('sheratan host serve', () => {
  const serve = async (...args: readonly string[]) => {
    const command = [COMMAND, 'host', 'serve', '--json', '--port', '0', ...args];
    const child = spawn(process.execPath, command, { stdio: ['ignore', 'pipe', 'ignore'] });
    ends.push(() => child.kill('SIGKILL'));
    let text = '';
    child.stdout.on('data', (chunk: Buffer) => {
      text += chunk.toString();
    });
    const exited = once(child, 'exit');
    await expect.poll(() => text.trim().endsWith('}'), { timeout: 30_000 }).toBe(true);
    return { child, exited, ...(JSON.parse(text) as { endpoints: readonly string[] }) };
  };

  it('runs many on one machine, and drains them on SIGTERM', async () => {
    const { child, exited, endpoints } = await serve('--count', '20', '--kinds', 'echo,sleep');
    expect(new Set(endpoints).size).toBe(20);
    const echoed = await Promise.all(
      endpoints.map((each, n) => run(each, { kind: 'echo', input: { n } })),
    );
    expect(echoed.map(({ body }) => body)).toEqual(endpoints.map((_, n) => ({ result: { n } })));
    const [first = ''] = endpoints;
    const running = run(first, { jobId: 's', kind: 'sleep', input: { ms: 500 } });
    const active = async () => (await get(`${first}/capacity`)).body;
    await expect.poll(active).toMatchObject({ active: 1 });
    child.kill('SIGTERM');
    expect(await running).toMatchObject({ status: 200, body: { result: { slept: 500 } } });
    expect(await exited).toEqual([0, null]);
  });
});
