/**
 * Traffic of the original, recorded from its own core and its own worker (tests/fixtures/legacy/
 * traffic.jsonl: requests and answers of its core, job files and result files, with their times in
 * ms), against the bridge and against the HTTP interface of the bridge.
 */
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { type LegacyServer, serveLegacy } from '#cli/bridge/legacyServer.ts';
import { openRelayFolders } from '#cli/bridge/relayFolders.ts';
import { kinds } from '#kinds';
import { canonicalJson, type Json, sha256 } from '#shared/kernel/json.ts';
import { systemIds } from '#shared/kernel/ports.ts';
import { createBridge } from '#shared/legacy/bridge/run.ts';
import { legacyMesh } from '../support/legacyMesh.ts';
import { startWorker, type TestWorker } from '../support/worker.ts';

const FIXTURES = 'tests/fixtures/legacy';
/** Where the original's worker had its workspace. */
const PLACE = /\/srv\/workspace\/?/g;

type Body = Readonly<Record<string, unknown>>;
interface Exchange {
  readonly request: { readonly method: string; readonly path: string; readonly body?: Body };
  readonly answer: { readonly status: number; readonly body: unknown };
}
interface Written {
  readonly file: string;
  readonly text: string;
}

const events = readFileSync(`${FIXTURES}/traffic.jsonl`, 'utf8')
  .trim()
  .split('\n')
  .map((line) => JSON.parse(line) as Exchange | Written);
const exchanges = events.filter((event) => 'request' in event);
const filesIn = (folder: string): readonly Written[] =>
  events.filter((event) => 'file' in event).filter(({ file }) => file.startsWith(`${folder}/`));

/**
 * What differs on purpose: a place in the workspace is no place on a disk, `info` and `message` are
 * words for people, the mesh counts bytes and characters, `meta` told of the original's own gateway,
 * and it is another day. A hash of a result is looked at by itself.
 */
const ASIDE = [
  ...['info', 'message', 'bytes_written', '_metadata', 'meta', 'result_hash'],
  ...['created_at', 'updated_at', 'idempotency_first_seen_utc', 'type', 'msg', 'input'],
];
/** Of what failed, `error` has the words of the mesh, and nothing else was ever read. */
const FAILED = ['ok', 'action', 'worker_id'];
const comparable = (value: unknown): unknown =>
  JSON.parse(JSON.stringify(value).replace(PLACE, ''), (_key, each: unknown) => {
    if (typeof each !== 'object' || each === null || Array.isArray(each)) return each;
    const isFailed = 'ok' in each && each.ok === false;
    return Object.fromEntries(
      Object.entries(each).filter(([key]) =>
        isFailed ? FAILED.includes(key) : !ASIDE.includes(key),
      ),
    );
  });

let worker: TestWorker;
let directory: string;
beforeAll(async () => {
  worker = await startWorker(inject('dynamoEndpoint'), kinds);
  for (const path of readdirSync(`${FIXTURES}/workspace`, { recursive: true, encoding: 'utf8' })) {
    const from = join(FIXTURES, 'workspace', path);
    if (/\.\w+$/.test(path))
      await worker.workspaces.write('default', path, readFileSync(from, 'utf8'), {});
  }
  directory = mkdtempSync(join(tmpdir(), 'sheratan-traffic-'));
});
afterAll(async () => {
  await worker?.stop();
  rmSync(directory, { recursive: true });
});

describe('job files that its core wrote', () => {
  it('come back as its worker brought them back', async () => {
    mkdirSync(join(directory, 'webrelay_out'));
    const folders = await openRelayFolders({
      out: join(directory, 'webrelay_out'),
      in: join(directory, 'webrelay_in'),
    });
    const bridge = createBridge({
      folders,
      mesh: legacyMesh(worker, kinds),
      takes: (kind) => kinds.has(kind),
      worker: 'default_worker',
      clock: worker.clock,
      tell: () => undefined,
      fallbackMs: 30_000,
    });
    for (const { file, text } of filesIn('webrelay_out'))
      writeFileSync(join(directory, file), text);
    await bridge.take();
    await worker.drain();
    await bridge.deliver();
    expect(readdirSync(join(directory, 'webrelay_out'))).toEqual([]);
    const results = filesIn('webrelay_in');
    expect(results).toHaveLength(14);
    for (const { file, text } of results) {
      const ours = JSON.parse(readFileSync(join(directory, file), 'utf8'));
      expect([file, comparable(ours)]).toEqual([file, comparable(JSON.parse(text))]);
    }
  });
});

describe('requests that its core answered', () => {
  let server: LegacyServer;
  beforeAll(async () => {
    server = await serveLegacy(
      { host: '127.0.0.1', port: 0, token: undefined, file: join(directory, 'http.jsonl') },
      { mesh: legacyMesh(worker, kinds), clock: worker.clock, ids: systemIds },
    );
  });
  afterAll(() => server.stop());

  it('hash their results as we do', () => {
    const completed = exchanges
      .map(({ answer }) => answer.body as Body)
      .filter(({ status }) => status === 'completed');
    expect(completed.length).toBeGreaterThan(9);
    for (const { result, result_hash: hash } of completed)
      expect(sha256(canonicalJson(result as Json))).toBe(hash);
  });

  const ask = async ({ method, path, body }: Exchange['request']) => {
    const sent = body && { body: JSON.stringify(body) };
    const response = await fetch(`${server.url}${path}`, { method, ...sent });
    return { status: response.status, body: (await response.json()) as Body };
  };
  /** The original tells of the end of a job by 200 once, then by 202. */
  const statusOf = ({ status, body }: Exchange['answer']): number =>
    (body as Body)['status'] === 'completed' ? 200 : status;

  it('are answered the same', async () => {
    /** Our ids by those of the recording. */
    const ours = new Map<string, string>();
    const translated = <T>(value: T): T => {
      let text = JSON.stringify(value);
      for (const [theirs, id] of ours) text = text.replaceAll(theirs, id);
      return JSON.parse(text) as T;
    };
    for (const { request, answer } of exchanges) {
      // By now its worker had run all jobs.
      if (/^.api.jobs.[0-9a-f]{8}/.test(request.path)) await worker.drain();
      const told = await ask(translated(request));
      const id = (answer.body as Body)['id'];
      if (typeof id === 'string' && !ours.has(id)) ours.set(id, String(told.body['id']));
      const expected = comparable(translated(answer.body));
      expect([request.path, told.status, comparable(told.body)]).toEqual([
        request.path,
        statusOf(answer),
        expected,
      ]);
      const { status, result, result_hash: hash } = told.body;
      if (status === 'completed') expect(hash).toBe(sha256(canonicalJson(result as Json)));
    }
    expect(ours.size).toBeGreaterThan(20);
  });
});
