import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { verifySignature } from 'sheratan';
import type { JobHandle } from 'sheratan/client';
import { echo, readFile } from 'sheratan/kinds';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { type Deployment, openEmbedded } from '#client/deployment.ts';
import { type Mesh, meshOn } from '#client/mesh.ts';
import { type Cloud, startCloud } from '#emulator/cloud.ts';
import { flowOf } from '#shared/jobs/flow/flowTree.ts';

let cloud: Cloud;
let deployment: Deployment;
let mesh: Mesh;

beforeAll(async () => {
  cloud = await startCloud({ assemblyDir: inject('assemblyDir') });
  const { stackName, outputs, clientEnv } = cloud;
  deployment = openEmbedded({ pid: process.pid, stackName, outputs, clientEnv });
  mesh = meshOn(deployment);
});
afterAll(async () => {
  mesh?.close();
  await cloud?.stop();
});

const within = { timeoutSeconds: 60 };

describe('the typed client', () => {
  it('sends by definition and gets the result in its type', async () => {
    const job = await mesh.send(echo, { n: 1 }, { missionId: 'typed' });
    expect(await mesh.result(job, within)).toEqual({ n: 1 });
    expect(await mesh.status(job)).toMatchObject({ status: 'COMPLETED', missionId: 'typed' });
  });

  it('refuses what the kind would refuse, before anything is sent', async () => {
    const wrong = { path: 7 } as unknown as { path: string };
    await expect(mesh.send(readFile, wrong)).rejects.toMatchObject({ code: 'PAYLOAD_INVALID' });
  });

  it('says how a job failed', async () => {
    const job = await mesh.send(readFile, { path: 'nowhere' });
    await expect(mesh.result(job, within)).rejects.toMatchObject({
      name: 'JobFailedError',
      code: 'FILE_NOT_FOUND',
    });
  });

  it('carries payloads that no message could', async () => {
    const text = 'x'.repeat(600_000);
    const job = await mesh.send(echo, { text });
    expect(await mesh.result(job, within)).toEqual({ text });
  });

  it('cancels what has not started', async () => {
    const job = await mesh.send(echo, 1, { delaySeconds: 3_600 });
    await expect.poll(async () => (await mesh.status(job))?.status).toBe('SCHEDULED');
    expect(await mesh.cancel(job, 'changed my mind')).toEqual({ kind: 'cancelled' });
  });
});

describe('a flow', () => {
  it('runs in its order, whatever order it was sent in, and hands results on', async () => {
    const joined = {
      sum: [
        { $result: 'left', path: '/n' },
        { $result: 'right', path: '/n' },
      ],
    };
    const join = await mesh.send(echo, joined, { id: 'join' });
    await expect
      .poll(async () => (await mesh.status(join))?.status, { timeout: 20_000 })
      .toBe('WAITING');
    const both = await mesh.sendMany([
      { job: echo, payload: { n: 1 }, options: { id: 'left', dependsOn: ['root'] } },
      { job: echo, payload: { n: 2 }, options: { id: 'right', dependsOn: ['root'] } },
    ]);
    // A job that comes when its dependencies have ended never waits, and is not drawn below them.
    for (const job of both)
      await expect
        .poll(async () => (await mesh.status(job))?.status, { timeout: 20_000 })
        .toBe('WAITING');
    await mesh.send(echo, 'go', { id: 'root' });
    expect(await mesh.result(join, within)).toEqual({ sum: [1, 2] });
    const tree = await flowOf('root', 100, deployment);
    expect(tree.below.map(({ id }) => id).sort()).toEqual(['left', 'right']);
    expect(tree.below[0]?.below).toMatchObject([{ id: 'join', status: 'COMPLETED' }]);
  });

  it('fails as a whole when its root fails', async () => {
    const leaf: JobHandle = await mesh.send(echo, 1, { id: 'leaf', dependsOn: ['broken'] });
    await mesh.send(readFile, { path: 'nowhere' }, { id: 'broken' });
    const [record] = await mesh.waitFor([leaf], within);
    expect(record).toMatchObject({ status: 'DEAD', error: { code: 'DEPENDENCY_FAILED' } });
  });
});

interface Call {
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

describe('a callback', () => {
  it('is posted, signed, tried again when its receiver was down, and logged', async () => {
    const calls: Call[] = [];
    const server = createServer((request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        calls.push({ headers: request.headers, body: Buffer.concat(chunks).toString() });
        response.statusCode = calls.length === 1 ? 503 : 204;
        response.end();
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/done`;
    const job = await mesh.send(echo, { ok: true }, { callback: { url } });
    await expect
      .poll(async () => (await deployment.deliveries.get(job.id))?.state, { timeout: 45_000 })
      .toBe('DELIVERED');
    server.close();
    expect(calls).toHaveLength(2);
    const { headers, body } = calls[1] ?? expect.unreachable();
    expect(JSON.parse(body)).toMatchObject({
      id: job.id,
      status: 'COMPLETED',
      result: { ok: true },
    });
    const [secret = ''] = await deployment.secrets.callback();
    expect(verifySignature(headers, { secret, body }, Date.now())).toBe(true);
    expect(verifySignature(headers, { secret, body: '{}' }, Date.now())).toBe(false);
    // Both tries are one message.
    expect(headers['webhook-id']).toBe(calls[0]?.headers['webhook-id']);
    const log = await deployment.deliveries.get(job.id);
    expect(log?.tries.map(({ detail }) => detail)).toEqual(['HTTP 503', 'HTTP 204']);
  });

  it('never goes to a metadata address', async () => {
    const url = 'http://169.254.169.254/latest/meta-data/';
    const job = await mesh.send(echo, 1, { callback: { url } });
    await expect
      .poll(async () => (await deployment.deliveries.get(job.id))?.state, { timeout: 30_000 })
      .toBe('FAILED');
    expect(await deployment.deliveries.failed(10)).toContain(job.id);
  });
});
