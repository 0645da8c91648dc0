import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { type Deployment, openEmbedded } from '#client/deployment.ts';
import { type Sheratan, startSheratan } from '../support/sheratan.ts';

let cloud: Sheratan;
/** For what is waited for; what a person sees is the command's. */
let deployment: Deployment;
const sheratan: Sheratan['run'] = (args, input) => cloud.run(args, input);
const send = async (...envelopes: readonly object[]): Promise<void> => {
  const answer = await sheratan(['send', '-'], envelopes.map((e) => JSON.stringify(e)).join('\n'));
  expect(answer).toMatchObject({ code: 0 });
};
const statusOf = async (id: string): Promise<unknown> => (await deployment.store.get(id))?.status;
/** Until the job is in that state. */
const reach = (id: string, status: string) =>
  expect.poll(() => statusOf(id), { timeout: 30_000, interval: 100 }).toBe(status);
const by = ['--by', 'ada', '--reason', 'a test'] as const;

beforeAll(async () => {
  cloud = await startSheratan(inject('assemblyDir'));
  deployment = openEmbedded(JSON.parse(readFileSync(cloud.stateFile, 'utf8')));
});
afterAll(() => {
  deployment.close();
  cloud.stop();
});

describe('whoever operates a mesh', () => {
  it('is told that all is well', async () => {
    const answer = await sheratan(['doctor']);
    expect(answer).toMatchObject({
      code: 0,
      stderr: expect.stringContaining('0 problems, 0 warn'),
    });
    for (const check of ['queues', 'dead letters', 'mappings', 'state', 'jobs', 'ledger', 'clock'])
      expect(answer.stdout).toMatch(new RegExp(`^ok +${check} `, 'm'));
  });

  it('cancels a job before it starts, and one that ended says so', async () => {
    await send({ kind: 'echo', id: 'soon', payload: 1, delaySeconds: 3_600 });
    await reach('soon', 'SCHEDULED');
    expect(await sheratan(['cancel', 'soon', ...by])).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('cancelled; it will not run'),
    });
    const again = await sheratan(['cancel', 'soon', 'never-sent', ...by]);
    expect(again).toMatchObject({
      code: 4,
      stdout: expect.stringMatching(/^soon {2}has ended already: CANCELLED$/m),
    });
    expect(again.stdout).toMatch(/^never-sent {2}cancelled; it will not run$/m);
    expect((await sheratan(['why', 'soon'])).stdout).toMatch(/cancelled by ada: a test/);
  });

  it('finds a halted group and lets it go on', async () => {
    const group = { group: 'line', onDead: 'halt' };
    await send(
      { kind: 'read_file', id: 'stuck', payload: { path: 'nowhere' }, ...group },
      { kind: 'echo', id: 'behind', payload: 1, group: 'line' },
    );
    await reach('stuck', 'DEAD');
    expect((await sheratan(['groups'])).stdout).toMatch(/line +stuck .*FILE_NOT_FOUND/);
    expect(await statusOf('behind')).toBeUndefined();
    expect(await sheratan(['groups', 'skip', 'line', ...by])).toMatchObject({ code: 0 });
    await reach('behind', 'COMPLETED');
    expect((await sheratan(['groups'])).stderr).toContain('No group is halted');
    expect((await sheratan(['groups', 'skip', 'line'])).code).toBe(3);
  });

  it('puts a dead job back with a fixed payload, after a look at what would happen', async () => {
    await send({ kind: 'read_file', id: 'fix', payload: { path: 'gone' } });
    await reach('fix', 'DEAD');
    const patch = ['--patch', '{"path":"missing-too"}'];
    const dry = await sheratan(['redrive', 'fix', ...patch, '--dry-run']);
    expect(dry.code).toBe(0);
    expect(await statusOf('fix')).toBe('DEAD');
    expect(await sheratan(['redrive', 'fix', ...patch, ...by])).toMatchObject({ code: 0 });
    await expect
      .poll(async () => (await sheratan(['status', 'fix'])).stdout, { timeout: 30_000 })
      .toContain('missing-too');
    expect((await sheratan(['why', 'fix'])).stdout).toMatch(/put back by ada: with a changed/);
  });

  it('pauses a source, which loses nothing, and reads who did what', async () => {
    expect((await sheratan(['pause', '--source', 'noisy', ...by])).code).toBe(0);
    const state = await sheratan(['state']);
    expect(state.stdout).toMatch(/paused sources: noisy/);
    expect(state.stdout).toMatch(/ada +a test/);
    expect((await sheratan(['resume', '--source', 'noisy', ...by])).code).toBe(0);
    await send({ kind: 'echo', id: 'quiet', payload: 1, source: 'noisy' });
    await reach('quiet', 'COMPLETED');
    expect((await sheratan(['state', 'SLEEPY'])).code).toBe(2);
  });

  it('sets the limits of a source', async () => {
    expect((await sheratan(['limits', 'set', 'slow', '--per-minute', '30', ...by])).code).toBe(0);
    expect((await sheratan(['limits'])).stdout).toMatch(/slow +30 +- +-/);
    expect((await sheratan(['limits', 'set', 'slow'])).code).toBe(2);
    expect((await sheratan(['limits', 'set', 'slow', '--clear', ...by])).code).toBe(0);
    expect((await sheratan(['limits'])).stderr).toContain('No source has limits');
  });

  it('sees what a job waited for, as a tree', async () => {
    await send(
      { kind: 'echo', id: 'first', payload: 1 },
      { kind: 'echo', id: 'second', payload: { got: { $result: 'first' } } },
    );
    await reach('second', 'COMPLETED');
    const { stdout } = await sheratan(['flow', 'second']);
    expect(stdout).toMatch(/second/);
    expect(stdout).toMatch(/first/);
  });

  it('reads the delivery log of a callback, and posts it once more', async () => {
    const posts: unknown[] = [];
    const server = createServer((request, response) => {
      posts.push(request.headers['sheratan-signature']);
      response.end();
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
    await send({ kind: 'echo', id: 'told', payload: 1, callback: { url } });
    await expect.poll(() => posts.length, { timeout: 30_000 }).toBe(1);
    await expect
      .poll(async () => (await sheratan(['callbacks', 'show', 'told'])).stdout, { timeout: 30_000 })
      .toContain('DELIVERED');
    expect((await sheratan(['callbacks', 'replay', 'told'])).code).toBe(0);
    await expect.poll(() => posts.length, { timeout: 30_000 }).toBe(2);
    expect((await sheratan(['why', 'told'])).stdout).toMatch(/posted to http/);
    server.close();
  });

  it('adds a schedule, whose jobs run, pauses it and takes it away', async () => {
    const job = '{"kind":"echo","payload":{"at":"<aws.scheduler.scheduled-time>"}}';
    const added = await sheratan(['schedules', 'add', 'beat', 'rate(1 hour)', '-'], job);
    expect(added).toMatchObject({ code: 0, stderr: expect.stringContaining('beat added') });
    const jobs = async (): Promise<readonly { status: string }[]> => {
      const { stdout } = await sheratan(['jobs', '--mission', 'schedule:beat', '--json']);
      return stdout === '' ? [] : JSON.parse(stdout);
    };
    await expect
      .poll(async () => (await jobs()).map(({ status }) => status), { timeout: 30_000 })
      .toEqual(['COMPLETED']);
    expect((await sheratan(['schedules', 'pause', 'beat'])).code).toBe(0);
    expect((await sheratan(['schedules'])).stdout).toMatch(
      /beat +paused +echo +normal +skip +rate\(1 hour\) +UTC/,
    );
    expect((await sheratan(['schedules', 'remove', 'beat'])).code).toBe(0);
    expect((await sheratan(['schedules', 'remove', 'beat'])).code).toBe(3);
    expect((await sheratan(['schedules', 'add', 'x', 'hourly', '-'], job)).code).toBe(2);
  });

  it('opens accounts, pays jobs from them, and proves the books', async () => {
    const ledger = (...args: string[]) => sheratan(['ledger', ...args]);
    await ledger('open', 'mint', '--may-owe');
    await ledger('open', 'ada');
    const fund = ['transfer', 'fund', 'mint', 'ada', '1000'];
    expect((await ledger(...fund)).stdout).toBe('created fund\n');
    expect((await ledger(...fund)).stdout).toBe('exists fund\n');
    expect(await ledger('transfer', 'much', 'ada', 'mint', '1001')).toMatchObject({
      code: 4,
      stdout: 'exceeds_credits much: ada has 1000 of 1001\n',
    });
    const cost = { payer: 'ada', amount: 300 };
    await send({ kind: 'echo', id: 'paid', payload: 1, cost });
    await send({ kind: 'echo', id: 'dear', payload: 1, cost: { ...cost, amount: 3_000 } });
    await reach('dear', 'DEAD');
    await expect
      .poll(async () => (await sheratan(['why', 'paid'])).stdout, { timeout: 30_000 })
      .toMatch(/300 CRD of ada held[\s\S]*270 from ada to sheratan:worker, 30 from ada/);
    expect((await sheratan(['why', 'dear'])).stdout).toMatch(/INSUFFICIENT_FUNDS/);
    await expect
      .poll(async () => (await ledger('statement', 'ada')).stdout, { timeout: 90_000 })
      .toMatch(/-300 [\s\S]*1000 [\s\S]*fund/);
    expect((await ledger('balance', 'ada')).stdout).toMatch(/700 +0 +700/);
    expect((await ledger('hold', 'h1', 'ada', '100')).code).toBe(0);
    expect((await ledger('show', 'h1')).stdout).toMatch(/pending +hold on ada +100/);
    expect((await ledger('release', 'h1')).code).toBe(0);
    expect(await ledger('verify')).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('all is as the journal says'),
    });
  });

  it('is told what is wrong, and how to fix it', async () => {
    const { clientEnv, outputs } = JSON.parse(readFileSync(cloud.stateFile, 'utf8'));
    const sqs = new SQSClient({
      region: clientEnv.AWS_REGION,
      endpoint: clientEnv.AWS_ENDPOINT_URL_SQS,
      credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
    });
    const put = (QueueUrl: string, MessageBody: string, id: string) => {
      const group = { MessageGroupId: id, MessageDeduplicationId: id };
      return sqs.send(new SendMessageCommand({ QueueUrl, MessageBody, ...group }));
    };
    const dead = outputs.JobsLowUrl.replace('.fifo', '-dead.fifo');
    await put(dead, '{}', 'lost');
    await put(dead, '{"kind":"echo","id":"given-up","payload":1}', 'given-up');
    await put(outputs.JobsLowUrl, '{"id":"strange","kind":"unheard-of"}', 'strange');
    sqs.destroy();
    const callback = { url: 'http://10.0.0.1/' };
    await send({ kind: 'echo', id: 'untold', payload: 1, callback });
    await reach('strange', 'QUARANTINED');
    await expect
      .poll(async () => (await sheratan(['callbacks', 'show', 'untold'])).stdout, {
        timeout: 30_000,
      })
      .toContain('FAILED');
    await sheratan(['pause', '--queue', 'low', ...by]);
    const { code, stdout } = await sheratan(['doctor', '--json']);
    await sheratan(['resume', '--queue', 'low', ...by]);
    await sheratan(['state', 'DEGRADED', ...by]);
    expect((await sheratan(['doctor'])).stdout).toMatch(/^warning +state +DEGRADED$/m);
    await sheratan(['state', 'OPERATIONAL', ...by]);
    expect(code).toBe(4);
    const { findings } = JSON.parse(stdout);
    expect(findings).toEqual(
      expect.arrayContaining([
        expect.objectContaining({
          level: 'problem',
          check: 'dead letters',
          detail: expect.stringMatching(/^2 in .*given-up \(never taken up\)/),
          fix: expect.stringContaining('sheratan redrive --dead-letters'),
        }),
        expect.objectContaining({
          level: 'warning',
          detail: 'paused: queue low',
          fix: 'sheratan resume [--queue Q|--source S]',
        }),
        expect.objectContaining({
          level: 'warning',
          detail: expect.stringMatching(/^\d+ DEAD$/),
          fix: expect.stringContaining('sheratan redrive --dry-run'),
        }),
        expect.objectContaining({
          level: 'warning',
          detail: '1 QUARANTINED',
          fix: expect.stringContaining('sheratan redrive ID --patch JSON'),
        }),
        expect.objectContaining({
          level: 'warning',
          detail: '1 given up',
          fix: expect.stringContaining('sheratan callbacks replay --failed'),
        }),
      ]),
    );
  });

  it('sees what SQS gave up on with its job, and brings it back', async () => {
    const told =
      /SQS gave up on its message .* in sheratan-dev-jobs-low-dead\.fifo; "sheratan redrive given-up"/;
    expect((await sheratan(['why', 'given-up'])).stdout).toMatch(told);
    expect((await sheratan(['jobs'])).stdout).toMatch(told);
    expect(await sheratan(['redrive', 'given-up', ...by])).toMatchObject({
      code: 0,
      stdout: 'given-up\n',
    });
    expect((await sheratan(['why', 'given-up'])).stdout).toMatch(/it was a dead letter/);
    const rest = await sheratan(['redrive', '--dead-letters', ...by]);
    expect(rest).toMatchObject({ code: 4, stderr: expect.stringContaining('QUARANTINED now') });
    const { findings } = JSON.parse((await sheratan(['doctor', '--json'])).stdout);
    expect(findings).toContainEqual(
      expect.objectContaining({ check: 'dead letters', level: 'ok' }),
    );
  });

  it("brings the original's ledger over", async () => {
    const dir = mkdtempSync(join(tmpdir(), 'sheratan-legacy-'));
    for (const name of ['ledger_events.jsonl', 'ledger.json']) {
      const packed = readFileSync(`tests/fixtures/legacy/ledger/${name}.gz`);
      writeFileSync(join(dir, name), gunzipSync(packed));
    }
    const dry = await sheratan(['import', 'ledger', dir, '--dry-run']);
    expect(dry).toMatchObject({ code: 0, stderr: expect.stringContaining('Dry run') });
    expect(dry.stdout).toMatch(/4793 events, chain ok[\s\S]*differing from journal +20 accounts/);
    expect((await sheratan(['import', 'ledger', dir])).stderr).toContain('created import:ledger');
    const { stdout } = await sheratan(['ledger', 'balance', 'alice', '--unit', 'TOK', '--json']);
    expect(JSON.parse(stdout).posted).toBe('23689670');
    rmSync(dir, { recursive: true });
  });
});
