import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as v from 'valibot';
import { afterAll, afterEach, beforeEach, describe, expect, inject, it } from 'vitest';
import { type LegacyServer, serveLegacy } from '#cli/bridge/legacyServer.ts';
import { defineJob, kindsOf } from '#shared/jobs/kinds/defineJob.ts';
import { PermanentError } from '#shared/jobs/kinds/errors.ts';
import { systemIds } from '#shared/kernel/ports.ts';
import type { LegacyHttpDeps } from '#shared/legacy/http/answer.ts';
import { legacyMesh } from '../support/legacyMesh.ts';
import { startWorker, type TestWorker } from '../support/worker.ts';

const kinds = kindsOf([
  defineJob({
    kind: 'read_file',
    payload: v.object({ path: v.string() }),
    run: ({ path }) =>
      path === '/gone'
        ? Promise.reject(new PermanentError('no such file', { code: 'GONE' }))
        : Promise.resolve({ ok: true, action: 'read_file_result', path }),
  }),
]);

const folder = mkdtempSync(join(tmpdir(), 'sheratan-legacy-http-'));
afterAll(() => rmSync(folder, { recursive: true }));

let worker: TestWorker;
let mesh: LegacyHttpDeps['mesh'];
let server: LegacyServer;
let file: string;
let n = 0;

const serve = (over: Partial<LegacyHttpDeps['mesh']> = {}): Promise<LegacyServer> =>
  serveLegacy(
    { host: '127.0.0.1', port: 0, token: undefined, file },
    { mesh: { ...mesh, ...over }, clock: worker.clock, ids: systemIds },
  );

beforeEach(async () => {
  n += 1;
  file = join(folder, `${n}.jsonl`);
  worker = await startWorker(inject('dynamoEndpoint'), kinds);
  mesh = legacyMesh(worker, kinds);
  server = await serve();
});
afterEach(async () => {
  await server.stop();
  await worker.stop();
});

type Answer = { readonly status: number; readonly body: Record<string, unknown> };
const call = async (method: string, path: string, body?: object): Promise<Answer> => {
  const response = await fetch(`${server.url}${path}`, {
    method,
    ...(body && { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }),
  });
  return { status: response.status, body: (await response.json()) as Answer['body'] };
};
const idOf = ({ body }: Answer): string => String(body['id']);
const missionAndTask = async (): Promise<string> => {
  const mission = await call('POST', '/api/missions', { title: 't', description: 'd' });
  const asked = { name: 'Discovery', kind: 'read_file', params: { path: '/a' } };
  return idOf(await call('POST', `/api/missions/${idOf(mission)}/tasks`, asked));
};
const post = (task: string, over: object = {}) =>
  call('POST', `/api/tasks/${task}/jobs`, { payload: {}, ...over });

describe("the original's HTTP interface", () => {
  it('runs a job of a task of a mission, and shows it in the words of the original', async () => {
    const task = await missionAndTask();
    const job = await post(task, { payload: { params: { path: '/b' } }, priority: 'high' });
    expect(job).toMatchObject({
      status: 200,
      body: { status: 'pending', result: null, task_id: task, priority: 'high', retry_count: 0 },
    });
    const sync = () => call('POST', `/api/jobs/${idOf(job)}/sync`);
    expect(await sync()).toMatchObject({ status: 202, body: { status: 'pending', task_id: task } });
    await worker.drain();
    const done = { status: 'completed', result: { ok: true, path: '/b' } };
    expect(await sync()).toMatchObject({ status: 200, body: done });
    expect(await call('GET', `/api/jobs/${idOf(job)}`)).toMatchObject({ status: 200, body: done });
    expect((await call('GET', '/api/jobs')).body).toMatchObject([done]);
    expect(await worker.store.get(idOf(job))).toMatchObject({ source: 'alice', taskId: task });
  });

  it('shows a job that failed with its error', async () => {
    const job = await post(await missionAndTask(), { payload: { params: { path: '/gone' } } });
    await worker.drain();
    expect((await call('GET', `/api/jobs/${idOf(job)}`)).body).toMatchObject({
      status: 'failed',
      result: { ok: false, action: 'read_file_result', error: 'GONE: no such file' },
    });
  });

  it('gives the same job for the same idempotency key, and refuses another payload, as the original', async () => {
    const task = await missionAndTask();
    const both = await Promise.all([1, 2].map(() => post(task, { idempotency_key: ' k ' })));
    expect(new Set(both.map(idOf)).size).toBe(1);
    expect(both.map(({ body }) => body['idempotent'])).toEqual([false, true]);
    const [first] = both;
    const other = { payload: { params: { path: '/c' } }, idempotency_key: 'k' };
    expect(await post(task, other)).toMatchObject({
      status: 409,
      body: {
        detail: { error: 'IDEMPOTENCY_KEY_COLLISION', existing_job_id: first && idOf(first) },
      },
    });
  });

  it('refuses what is missing or wrong, with the codes of the original, and keeps nothing of it', async () => {
    const task = await missionAndTask();
    expect(await post('nothing')).toEqual({ status: 404, body: { detail: 'Task not found' } });
    expect((await call('GET', '/api/jobs/nothing')).status).toBe(404);
    expect((await call('POST', '/api/jobs/nothing/sync')).status).toBe(202);
    expect((await call('POST', '/api/missions', { title: 't' })).status).toBe(422);
    const unknown = await post(task, { payload: { kind: 'llm_call' } });
    expect(unknown).toMatchObject({
      status: 422,
      body: { detail: expect.stringContaining('UNKNOWN_KIND') },
    });
    expect((await call('GET', '/api/jobs')).body).toEqual([]);
  });

  it.each([
    ['DELETE', '/api/missions/x', /sheratan cancel/],
    ['PUT', '/api/jobs/x', /cannot be changed/],
    ['GET', '/api/system/state', /sheratan doctor/],
    ['GET', '/api/mesh/ledger/alice', /ledger statement/],
  ])('says by name what it does not serve: %s %s', async (method, path, instead) => {
    const { status, body } = await call(method, path);
    expect(status).toBe(501);
    expect(body['detail']).toMatch(instead);
  });

  it('knows after a restart what was posted, and sends what was not sent', async () => {
    const task = await missionAndTask();
    await server.stop();
    server = await serve({ send: () => Promise.reject(new Error('killed')) });
    expect((await post(task)).status).toBe(503);
    await server.stop();
    // The line of a post that was cut off, and that nobody was answered.
    writeFileSync(file, `${readFileSync(file, 'utf8')}{"type":"jo`);
    server = await serve();
    await worker.drain();
    expect((await call('GET', '/api/jobs')).body).toMatchObject([{ status: 'completed' }]);
    await post(task);
    await server.stop();
    server = await serve();
    expect((await call('GET', '/api/jobs')).body).toHaveLength(2);
  });
});

describe('who may come', () => {
  const statusOf = (headers: Record<string, string>): Promise<number | undefined> =>
    new Promise((resolve, reject) => {
      const asked = request(`${server.url}/api/jobs`, { headers }, (response) => {
        response.resume();
        resolve(response.statusCode);
      });
      asked.on('error', reject).end();
    });

  it('is no page of another site, by whatever name it calls this machine', async () => {
    expect(await statusOf({})).toBe(200);
    expect(await statusOf({ origin: 'https://example.org' })).toBe(403);
    expect(await statusOf({ host: 'rebound.example.org' })).toBe(403);
  });

  it('is who has the token, where others can reach the address', async () => {
    const parts = { mesh, clock: worker.clock, ids: systemIds };
    const place = { host: '0.0.0.0', port: 0, file };
    await expect(serveLegacy({ ...place, token: undefined }, parts)).rejects.toThrow(
      'SHERATAN_HTTP_TOKEN',
    );
    await server.stop();
    server = await serveLegacy({ ...place, host: '127.0.0.1', token: 'secret' }, parts);
    expect(await statusOf({})).toBe(403);
    expect(await statusOf({ authorization: 'Bearer secre' })).toBe(403);
    expect(await statusOf({ authorization: 'Bearer secret' })).toBe(200);
  });
});
