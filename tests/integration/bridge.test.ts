import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as v from 'valibot';
import { afterAll, afterEach, beforeEach, describe, expect, inject, it } from 'vitest';
import { openRelayFolders } from '#cli/bridge/relayFolders.ts';
import { defineJob, kindsOf } from '#shared/jobs/kinds/defineJob.ts';
import { PermanentError } from '#shared/jobs/kinds/errors.ts';
import type { BridgeDeps } from '#shared/legacy/bridge/carry.ts';
import { claimOf } from '#shared/legacy/bridge/claim.ts';
import { type BridgeNews, createBridge } from '#shared/legacy/bridge/run.ts';
import { createShadow } from '#shared/legacy/bridge/shadow.ts';
import { legacyMesh } from '../support/legacyMesh.ts';
import { startWorker, type TestWorker } from '../support/worker.ts';

const ran: string[] = [];
let fails = false;
const kinds = kindsOf([
  defineJob({
    kind: 'read_file',
    payload: v.object({ path: v.string() }),
    run: ({ path }, { jobId }) => {
      ran.push(jobId);
      if (fails) return Promise.reject(new PermanentError('no such file', { code: 'GONE' }));
      return Promise.resolve({ ok: true, action: 'read_file_result', path });
    },
  }),
]);

let worker: TestWorker;
let directory: string;
let deps: BridgeDeps;
let news: BridgeNews[] = [];
/** What the original's core has read, and removed, as it does. */
let consumed: { readonly id: string; readonly ok: boolean }[] = [];
const folders: string[] = [];

const out = (name: string): string => join(directory, 'out', name);
const consume = (): void => {
  for (const name of readdirSync(join(directory, 'in'))) {
    if (!name.endsWith('.result.json')) continue;
    const path = join(directory, 'in', name);
    const { ok } = JSON.parse(readFileSync(path, 'utf8')) as { ok: boolean };
    consumed.push({ id: name.slice(0, -'.result.json'.length), ok });
    rmSync(path);
  }
};

const open = async (): Promise<BridgeDeps> => {
  directory = mkdtempSync(join(tmpdir(), 'sheratan-bridge-'));
  folders.push(directory);
  mkdirSync(out(''));
  const relay = await openRelayFolders({ out: out(''), in: join(directory, 'in') });
  return {
    takes: (kind) => kinds.has(kind),
    worker: undefined,
    folders: {
      ...relay,
      publish: async (id) => {
        await relay.publish(id);
        consume();
      },
    },
    mesh: legacyMesh(worker, kinds),
  };
};

beforeEach(async () => {
  ran.length = 0;
  consumed = [];
  news = [];
  fails = false;
  worker = await startWorker(inject('dynamoEndpoint'), kinds);
  deps = await open();
});
afterEach(() => worker.stop());
afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true });
});

const bridgeOf = (of: BridgeDeps = deps, fallbackMs = 30_000) =>
  createBridge({ ...of, clock: worker.clock, tell: (each) => news.push(each), fallbackMs });
const fileText = (id: string, over: object = {}): string =>
  JSON.stringify({
    job_id: id,
    kind: 'read_file',
    payload: { params: { path: `/${id}` } },
    ...over,
  });
const put = (id: string, over: object = {}): void =>
  writeFileSync(out(`${id}.job.json`), fileText(id, over));
/** One bridge from its start until nothing is claimed. */
const carry = async (of: BridgeDeps = deps): Promise<void> => {
  const bridge = bridgeOf(of);
  await bridge.recover();
  await bridge.take();
  await worker.drain();
  await bridge.deliver();
};

describe('the bridge', () => {
  it('brings back what the original’s own worker would have written', async () => {
    const prepared = join(directory, 'in/a.result.json');
    const relay = await openRelayFolders({ out: out(''), in: join(directory, 'in') });
    put('a', { worker_id: 'edge-7' });
    await carry({ ...deps, folders: relay });
    expect(JSON.parse(readFileSync(prepared, 'utf8'))).toEqual({
      ok: true,
      action: 'read_file_result',
      path: '/a',
      worker_id: 'edge-7',
    });
    expect(readdirSync(out(''))).toEqual([]);
    fails = true;
    put('b');
    await carry({ ...deps, folders: relay });
    expect(JSON.parse(readFileSync(join(directory, 'in/b.result.json'), 'utf8'))).toEqual({
      ok: false,
      action: 'read_file_result',
      error: 'GONE: no such file',
      worker_id: 'default_worker',
    });
  });

  it('waits for the end of a file that is written in place', async () => {
    writeFileSync(out('a.job.json'), fileText('a').slice(0, 40));
    await carry();
    expect([ran, existsSync(out('a.job.json.claimed'))]).toEqual([[], false]);
    put('a');
    await carry();
    expect(consumed).toEqual([{ id: 'a', ok: true }]);
  });

  it('leaves alone what is claimed, meant for another worker, of another kind, or dangerous', async () => {
    put('theirs');
    writeFileSync(out('theirs.job.json.claimed'), '');
    put('edge', { worker_id: 'edge-7' });
    put('llm', { kind: 'llm_call' });
    writeFileSync(out('evil.job.json'), fileText('../../evil'));
    const bridge = bridgeOf({ ...deps, worker: 'default_worker' });
    await bridge.recover();
    await bridge.take();
    expect(bridge.open).toBe(0);
    expect(readdirSync(out('')).filter((name) => name.endsWith('.job.json'))).toHaveLength(4);
    expect(readFileSync(out('theirs.job.json.claimed'), 'utf8')).toBe('');
    const told = news.flatMap((each) => (each.kind === 'left' ? [[each.name, each.left.why]] : []));
    expect(Object.fromEntries(told)).toEqual({
      edge: 'other worker',
      llm: 'other kind',
      evil: 'refused',
    });
    await bridge.take();
    expect(news.filter(({ kind }) => kind === 'left')).toHaveLength(3);
  });

  it('sends nothing that the original’s worker finished between the look and the claim', async () => {
    put('a');
    const mesh: BridgeDeps['mesh'] = {
      ...deps.mesh,
      get: async (id) => {
        const record = await deps.mesh.get(id);
        // Its worker claims, runs and removes the file, while the bridge asks the mesh.
        rmSync(out('a.job.json'), { force: true });
        return record;
      },
    };
    await carry({ ...deps, mesh });
    expect([ran, consumed, readdirSync(out(''))]).toEqual([[], [], []]);
  });

  it('lets go of what the mesh refuses', async () => {
    put('a');
    const refusing = { send: () => Promise.resolve({ code: 'PAYLOAD_INVALID', message: 'path' }) };
    await bridgeOf({ ...deps, mesh: { ...deps.mesh, ...refusing } }).take();
    expect(readdirSync(out(''))).toEqual(['a.job.json']);
    expect(news).toMatchObject([{ kind: 'left', left: { why: 'refused' } }]);
  });

  it('runs a job again that the original asks for again after a failure', async () => {
    fails = true;
    put('a');
    await carry();
    expect(consumed).toEqual([{ id: 'a', ok: false }]);
    fails = false;
    put('a');
    await carry();
    expect(consumed).toEqual([
      { id: 'a', ok: false },
      { id: 'a', ok: true },
    ]);
    // As in the original, what completed is not run again.
    put('a');
    await carry();
    expect([ran, consumed.length]).toEqual([['a', 'a'], 3]);
  });

  it('clears away what a bridge left that was killed while it wrote a claim', async () => {
    put('a');
    writeFileSync(out('a.job.json.claimed.4711'), 'half');
    writeFileSync(out('b.job.json.claimed.new'), 'half');
    writeFileSync(out('theirs.job.json.claimed'), '');
    await carry();
    expect(consumed).toEqual([{ id: 'a', ok: true }]);
    expect(readdirSync(out(''))).toEqual(['theirs.job.json.claimed']);
  });

  it('makes claims that no worker of the original takes for left behind, however long it is away', async () => {
    put('a');
    const claimed = out('a.job.json.claimed');
    const ages: Record<string, number> = {};
    const noting = (phase: string): void => {
      expect(claimOf(readFileSync(claimed, 'utf8'))).toMatchObject({ id: 'a', phase });
      ages[phase] = Date.now() - statSync(claimed).mtimeMs;
    };
    const folders: BridgeDeps['folders'] = {
      ...deps.folders,
      reclaim: async (name, text) => {
        noting('claimed');
        await deps.folders.reclaim(name, text);
        noting('ready');
      },
    };
    await carry({ ...deps, folders });
    expect(consumed).toHaveLength(1);
    const month = 30 * 86_400_000;
    expect([ages['claimed'], ages['ready']].map((age = 0) => age < -month)).toEqual([true, true]);
  });

  it('says once that the mesh is away, until the mesh itself answers', async () => {
    let away = true;
    const get: BridgeDeps['mesh']['get'] = (id) =>
      away ? Promise.reject(new Error('connect ECONNREFUSED')) : deps.mesh.get(id);
    const bridge = bridgeOf({ ...deps, mesh: { ...deps.mesh, get } });
    put('a');
    // For these the mesh is not asked.
    put('theirs');
    writeFileSync(out('theirs.job.json.claimed'), '');
    put('llm', { kind: 'llm_call' });
    await bridge.take();
    await bridge.take();
    const told = (): readonly string[] =>
      news.map(({ kind }) => kind).filter((kind) => kind.endsWith('reachable'));
    expect(told()).toEqual(['unreachable']);
    away = false;
    await bridge.take();
    expect(told()).toEqual(['unreachable', 'reachable']);
  });

  it('hands back what was surely not sent, when the mesh stays away; the rest waits', async () => {
    put('unsent');
    put('maybe');
    let away = false;
    const gone = (): never => {
      throw new Error('connect ECONNREFUSED');
    };
    const mesh: BridgeDeps['mesh'] = {
      ...deps.mesh,
      get: (id) => (away && id === 'unsent' ? gone() : deps.mesh.get(id)),
      send: () => Promise.reject(new Error('timeout')),
    };
    const claiming = {
      ...deps.folders,
      claim: async (name: string, text: string) => {
        const done = await deps.folders.claim(name, text);
        away = true;
        return done;
      },
    };
    const bridge = bridgeOf({ ...deps, mesh, folders: claiming }, 30_000);
    await bridge.take();
    expect(bridge.open).toBe(2);
    worker.clock.advance(31_000);
    await bridge.take();
    expect(existsSync(out('unsent.job.json.claimed'))).toBe(false);
    expect(existsSync(out('maybe.job.json.claimed'))).toBe(true);
    expect(news.map(({ kind }) => kind)).toContain('handed back');
  });
});

describe('the shadow', () => {
  const original = (id: string, over: object = {}): string =>
    JSON.stringify({
      ok: true,
      action: 'read_file_result',
      path: `/${id}`,
      worker_id: 'w',
      ...over,
    });

  it('runs each job beside the original, and tells where the results differ', async () => {
    const shadow = createShadow(deps);
    put('same');
    put('other');
    put('llm', { kind: 'llm_call' });
    await shadow.take();
    await shadow.take();
    await worker.drain();
    expect(ran.toSorted()).toEqual(['shadow-other', 'shadow-same']);
    expect(await shadow.compare()).toEqual([]);
    shadow.note('same', original('same'));
    shadow.note('other', original('other').slice(0, 9));
    shadow.note('other', original('other', { path: '/elsewhere', more: [1] }));
    const compared = await shadow.compare();
    expect(compared.toSorted((a, b) => a.id.localeCompare(b.id))).toEqual([
      { id: 'other', kind: 'read_file', differences: ['path', 'more'] },
      { id: 'same', kind: 'read_file', differences: [] },
    ]);
    expect(shadow.open).toBe(0);
    // The files are the original's.
    expect(readdirSync(out(''))).toHaveLength(3);
  });
});

class Killed extends Error {}

const struck = (at: number, after: boolean) => {
  let calls = 0;
  let isDead = false;
  const strike =
    <A extends readonly unknown[], R>(call: (...args: A) => Promise<R>) =>
    async (...args: A): Promise<R> => {
      const isHere = calls === at;
      calls += 1;
      isDead ||= isHere;
      if (isDead && !(isHere && after)) throw new Killed();
      const answer = await call(...args);
      if (isHere) throw new Killed();
      return answer;
    };
  const all = <T extends object>(of: T): T =>
    Object.fromEntries(
      Object.entries(of).map(([name, call]) => [name, strike(call as () => Promise<unknown>)]),
    ) as T;
  const parts = { ...deps, folders: all(deps.folders), mesh: all(deps.mesh) };
  return { deps: parts, reached: () => calls > at };
};

describe('killed before or after any of its calls, and started again,', () => {
  it('each file ends as one job and one result', async () => {
    let points = 0;
    for (const after of [false, true])
      for (let at = 0; ; at += 1) {
        deps = await open();
        [ran.length, consumed] = [0, []];
        const id = `job-${after}-${at}`;
        put(id);
        const process = struck(at, after);
        await carry(process.deps).catch((error: unknown) => expect(error).toBeInstanceOf(Killed));
        await worker.drain();
        await carry();
        expect(readdirSync(out('')), `call ${at}`).toEqual([]);
        expect(readdirSync(join(directory, 'in')), `call ${at}`).toEqual([]);
        expect(
          consumed.filter((one) => one.id === id),
          `call ${at}`,
        ).toHaveLength(1);
        expect(
          ran.filter((one) => one === id),
          `call ${at}`,
        ).toHaveLength(1);
        if (!process.reached()) break;
        points += 1;
      }
    expect(points).toBeGreaterThan(20);
  });
});
