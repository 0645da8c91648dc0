import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { pushDirectory } from '#cli/commands/workspace.ts';
import { type Deployment, openEmbedded } from '#client/deployment.ts';
import type { EmbeddedState } from '#client/state.ts';
import { nativeBinary } from '#emulator/tables/nativeTables.ts';
import type { ChangedAssembly } from '../support/changedAssembly.ts';
import { hastenedAssembly } from '../support/hastened.ts';
import { type Receiver, startReceiver } from '../support/receiver.ts';
import { type Gates, startGates } from '../support/restoring.ts';
import { type Sheratan, startSheratan } from '../support/sheratan.ts';
import { envelopesOf, expectEachOnce, openPayer, sendAll } from '../support/workload.ts';

/** A multiple of the sorts of jobs. */
const JOBS_PER_LIFE = 42;
const RETRIES = { maxAttempts: 100, baseSeconds: 1, capSeconds: 1 };
const PATIENCE = { timeout: 60_000, interval: 50 };

const NIGHTLY = {
  name: 'nightly',
  expression: 'cron(0 3 * * ? *)',
  timezone: 'UTC',
  enabled: true,
  input: JSON.stringify({ QueueUrl: 'http://queue', MessageBody: 'x', MessageGroupId: 'g' }),
};

let assembly: ChangedAssembly;
let receiver: Receiver;
let gates: Gates;
let dir: string;
let running: Sheratan | undefined;

beforeAll(async () => {
  assembly = hastenedAssembly(inject('assemblyDir'));
  receiver = await startReceiver();
  gates = await startGates();
  dir = mkdtempSync(join(tmpdir(), 'sheratan-data-'));
});
afterAll(async () => {
  running?.stop();
  await receiver?.stop();
  await gates?.close();
  assembly?.remove();
  rmSync(dir, { recursive: true, force: true });
});

/** One life of the cloud, on the same folder as those before. */
const live = async (use: (mesh: Deployment, cloud: Sheratan) => Promise<void>): Promise<void> => {
  const cloud = await startSheratan(assembly.dir, ['--data', dir]);
  running = cloud;
  const state = JSON.parse(readFileSync(cloud.stateFile, 'utf8')) as EmbeddedState;
  const mesh = openEmbedded(state);
  try {
    await use(mesh, cloud);
  } finally {
    mesh.close();
    const exited = once(cloud.up, 'exit');
    cloud.stop();
    await exited;
  }
};

/** How far the readers of streams have come, by reader and shard. */
const positions = (): ReadonlyMap<string, bigint> => {
  const file = new DatabaseSync(join(dir, 'positions.db'), { readOnly: true });
  const rows = file.prepare('SELECT reader, shard, after FROM positions').all();
  file.close();
  return new Map(
    rows.map(({ reader, shard, after }) => [`${reader} ${shard}`, BigInt(String(after))]),
  );
};

/** Sends, and is back when the work has begun, one job of which cannot end: the middle. */
const loadTheMiddle = async (mesh: Deployment, life: string): Promise<readonly string[]> => {
  const long = { id: `${life}-long`, payload: { url: gates.waiting(life) }, retry: RETRIES };
  await sendAll(mesh, [{ kind: 'http.request', ...long }]);
  const ids = await sendAll(mesh, envelopesOf(life, JOBS_PER_LIFE, receiver.url));
  await expect.poll(async () => (await mesh.store.get(long.id))?.status, PATIENCE).toBe('RUNNING');
  const first = async () => (await mesh.store.get(ids[0] ?? ''))?.status;
  await expect.poll(first, PATIENCE).toBe('COMPLETED');
  return ids;
};

describe.skipIf(nativeBinary() === undefined)('a cloud that is killed, with a data folder', () => {
  it('goes on where it was: each job ends once, the ledger is right, nothing is forgotten', async () => {
    const ids: string[] = [];
    let secret = '';
    await live(async (mesh) => {
      await openPayer(mesh);
      await pushDirectory('examples/workspace', 'default', mesh);
      secret = await mesh.secrets.rotate();
      expect(await mesh.schedules.create(NIGHTLY)).toBe(true);
      ids.push(...(await loadTheMiddle(mesh, 'first')));
    });
    const before = positions();
    await live(async (mesh) => void ids.push(...(await loadTheMiddle(mesh, 'second'))));
    await live(async (mesh, cloud) => {
      for (const life of ['first', 'second']) gates.open(life);
      await expectEachOnce(mesh, ids, receiver);
      for (const life of ['first', 'second'])
        await expect
          .poll(async () => (await mesh.store.get(`${life}-long`))?.status, PATIENCE)
          .toBe('COMPLETED');
      expect((await cloud.run(['ledger', 'verify'])).code).toBe(0);
      expect((await mesh.secrets.callback())[0]).toBe(secret);
      expect(await mesh.schedules.list()).toEqual([NIGHTLY]);
      await sendAll(mesh, [{ kind: 'read_file', id: 'kept', payload: { path: 'README.md' } }]);
      await expect
        .poll(async () => (await mesh.store.get('kept'))?.status, PATIENCE)
        .toBe('COMPLETED');
    });
    const after = positions();
    expect(before.size).toBeGreaterThan(0);
    for (const [reader, position] of before)
      expect(after.get(reader), reader).toBeGreaterThanOrEqual(position);
  }, 420_000);
});
