import { ScanCommand } from '@aws-sdk/lib-dynamodb';
import { beforeEach, describe, expect, inject, it } from 'vitest';
import type { Host } from '#shared/hosts/registry/host.ts';
import {
  addHosts,
  type ManageHostsDeps,
  removeHost,
  setOverlay,
} from '#shared/hosts/registry/manageHosts.ts';
import { createInjector, FAULTS, type Fault } from '../support/faults.ts';
import { definitionOf, definitions, startRegistry, type TestRegistry } from '../support/hosts.ts';

let test: TestRegistry;
let deps: ManageHostsDeps;

beforeEach(async () => {
  test = await startRegistry(inject('dynamoEndpoint'));
  deps = test.another();
});

const add = (hosts: Parameters<typeof addHosts>[0], replace = false, by = deps) =>
  addHosts(hosts, { replace }, by);

/** Every item of the table agrees with every other. */
const audit = async (hostsMax = 1_000): Promise<readonly Host[]> => {
  const { store } = test.another();
  const { Items = [] } = await test.options.client.send(
    new ScanCommand({ TableName: test.options.table, ConsistentRead: true }),
  );
  const pointers = Items.filter(({ sk }) => sk === 'SHARD');
  const counts = await store.counts();
  const hosts: Host[] = [];
  for (const shard of await store.shards()) {
    const of = await store.ofShard(shard);
    expect(of.length, shard).toBe(counts.get(shard));
    expect(of.length, shard).toBeLessThanOrEqual(hostsMax);
    expect(new Set(of.map(({ number }) => number)).size, shard).toBe(of.length);
    const next = await store.nextNumber(shard);
    expect(of.every(({ number }) => number < next)).toBe(true);
    hosts.push(...of);
  }
  const where = (pairs: readonly (readonly [string, string])[]) => [...pairs].sort();
  expect(where(pointers.map(({ pk, shard }) => [String(pk).slice(2), String(shard)]))).toEqual(
    where(hosts.map(({ id, shard }) => [id, shard])),
  );
  const kept = Items.filter(({ sk }) => String(sk).startsWith('H#'));
  expect(kept).toHaveLength(hosts.length);
  return hosts;
};

describe('the registry', () => {
  it('keeps what was added, word for word', async () => {
    const probe = {
      path: '/up',
      expectStatus: [204],
      body: { kind: 'json', pointer: '/ok', equals: true },
      headers: { 'X-Key': 'k' },
      intervalSeconds: 5,
    };
    const capabilities = [{ kind: 'dear', price: '123456789012345678901234567890' }];
    const definition = definitionOf('a', { probe, capabilities, tags: ['β', 'gpu'], unit: 'TOK' });
    const before = Date.now();
    expect(await add([definition])).toEqual([{ id: 'a', code: 'created' }]);
    const host = await deps.store.get('a');
    expect(host).toMatchObject({ ...definition, shard: '5-0', number: 0, version: 1 });
    expect(host?.createdAt).toBeGreaterThanOrEqual(before);
    expect(await deps.store.get('b')).toBeUndefined();
    expect(await deps.store.shards()).toEqual(['5-0']);
  });

  it('knows the same host again, and another one under its id', async () => {
    await add([definitionOf('a')]);
    const other = definitionOf('a', { concurrency: 2 });
    expect(await add([definitionOf('a'), other])).toEqual([
      { id: 'a', code: 'exists' },
      { id: 'a', code: 'exists_with_different_concurrency' },
    ]);
    expect(await add([other], true)).toEqual([{ id: 'a', code: 'changed' }]);
    expect(await add([other], true)).toEqual([{ id: 'a', code: 'exists' }]);
    expect(await deps.store.get('a')).toMatchObject({ concurrency: 2, version: 2, number: 0 });
  });

  it('gives no number twice, and fills the room that a host leaves', async () => {
    const small = test.another({ hostsMax: 3 });
    await add(definitions('a', 7), false, small);
    expect([...(await small.store.counts())].sort()).toEqual([
      ['60-0', 3],
      ['60-1', 3],
      ['60-2', 1],
    ]);
    expect(await removeHost('a-1', small)).toEqual({ id: 'a-1', code: 'removed' });
    expect(await removeHost('a-1', small)).toEqual({ id: 'a-1', code: 'not_found' });
    await add(definitions('b', 1), false, small);
    expect(await small.store.get('b-0')).toMatchObject({ shard: '60-0', number: 3 });
    for (const { id } of await audit(3)) await removeHost(id, small);
    expect(await small.store.shards()).toEqual([]);
    expect(await audit(3)).toEqual([]);
  });

  it('moves a host to a shard of its new interval, all at once', async () => {
    await add([...definitions('a', 3), definitionOf('b', { probe: { intervalSeconds: 10 } })]);
    await setOverlay('a-1', { kind: 'drained', by: 'ann', reason: 'disk' }, deps);
    const faster = definitionOf('a-1', { probe: { intervalSeconds: 10 } });
    expect(await add([faster], true)).toEqual([{ id: 'a-1', code: 'moved' }]);
    expect(await deps.store.get('a-1')).toMatchObject({
      shard: '10-0',
      number: 1,
      version: 3,
      overlay: { reason: 'disk' },
    });
    expect([...(await deps.store.counts())].sort()).toEqual([
      ['10-0', 2],
      ['60-0', 2],
    ]);
    await audit();
  });

  it('takes hosts out of service and back, and says when nothing changed', async () => {
    await add([definitionOf('a')]);
    const overlay = { kind: 'maintenance', by: 'ann', reason: 'fan', until: 5_000 } as const;
    expect(await setOverlay('a', overlay, deps)).toEqual({ id: 'a', code: 'changed' });
    expect(await setOverlay('a', overlay, deps)).toEqual({ id: 'a', code: 'exists' });
    expect((await deps.store.get('a'))?.overlay).toEqual(overlay);
    expect(await setOverlay('a', undefined, deps)).toEqual({ id: 'a', code: 'changed' });
    expect(await setOverlay('a', undefined, deps)).toEqual({ id: 'a', code: 'exists' });
    expect(await deps.store.get('a')).not.toHaveProperty('overlay');
    expect(await setOverlay('b', overlay, deps)).toEqual({ id: 'b', code: 'not_found' });
  });

  it('reads a shard again only when one of its hosts changed', async () => {
    await add(definitions('a', 3));
    const reader = test.another().store;
    const first = await reader.ofShard('60-0');
    expect(await reader.ofShard('60-0')).toBe(first);
    await setOverlay('a-0', { kind: 'drained', by: 'ann', reason: 'x' }, deps);
    const second = await reader.ofShard('60-0');
    expect(second.find(({ id }) => id === 'a-0')?.overlay).toMatchObject({ by: 'ann' });
    await removeHost('a-0', deps);
    expect((await reader.ofShard('60-0')).map(({ id }) => id)).toEqual(['a-1', 'a-2']);
    expect(await reader.ofShard('5-0')).toEqual([]);
  });

  it('takes thousands, and resumes where it was cut short', async () => {
    const many = definitions('m', 1_100);
    await expect(
      add(many, false, {
        ...deps,
        onOutcome: ({ id }) => {
          if (id === 'm-500') throw new Error('killed');
        },
      }),
    ).rejects.toThrow('killed');
    const codes = Map.groupBy(await add(many), ({ code }) => code);
    expect([...codes.keys()].sort()).toEqual(['created', 'exists']);
    expect(await audit()).toHaveLength(1_100);
    expect(await deps.store.shards()).toEqual(['60-0', '60-1']);
  });
});

describe('people at once', () => {
  it('fill each shard to its bound, and no further', async () => {
    const people = Array.from({ length: 6 }, () => test.another({ hostsMax: 10 }));
    const made = await Promise.all(people.map((by, n) => add(definitions(`p${n}`, 10), false, by)));
    expect(made.flat().every(({ code }) => code === 'created')).toBe(true);
    const hosts = await audit(10);
    expect(hosts).toHaveLength(60);
    expect([...(await deps.store.counts()).values()]).toEqual([10, 10, 10, 10, 10, 10]);
  });

  it('who add the same host have one, and all but one are told that it is there', async () => {
    const clock = { now: () => 1_000_000 };
    const made = await Promise.all(
      Array.from({ length: 5 }, () => add([definitionOf('same')], false, test.another({ clock }))),
    );
    const codes = made.flat().map(({ code }) => code);
    expect(codes.sort()).toEqual(['created', 'exists', 'exists', 'exists', 'exists']);
    await audit();
  });

  it('who change, drain, move and remove one host leave it whole', async () => {
    await add(definitions('a', 4));
    const faster = definitionOf('a-1', { probe: { intervalSeconds: 30 } });
    const overlay = { kind: 'drained', by: 'ann', reason: 'x' } as const;
    const [moved, drained] = await Promise.all([
      add([faster], true, test.another()),
      setOverlay('a-1', overlay, test.another()),
      removeHost('a-2', test.another()),
      add([definitionOf('a-3', { concurrency: 9 })], true, test.another()),
    ]);
    expect([moved[0]?.code, drained.code]).toEqual(['moved', 'changed']);
    expect(await deps.store.get('a-1')).toMatchObject({ shard: '30-0', overlay, version: 3 });
    expect(await audit()).toHaveLength(3);
  });
});

interface Case {
  readonly act: (by: ManageHostsDeps) => Promise<unknown>;
  /** The hosts in the end, after it was asked for again. */
  readonly ends: readonly object[];
}

const DRAINED = { kind: 'drained', by: 'ann', reason: 'x' } as const;
const KEPT = { id: 'kept', shard: '60-0', number: 0, version: 1 };
const SLOWER = { probe: { intervalSeconds: 10 } };

const CASES: Readonly<Record<string, Case>> = {
  'an addition': {
    act: (by) => add([definitionOf('new')], false, by),
    ends: [KEPT, { id: 'new', number: 1, version: 1 }],
  },
  'a change': {
    act: (by) => add([definitionOf('kept', { concurrency: 5 })], true, by),
    ends: [{ ...KEPT, version: 2, concurrency: 5 }],
  },
  'a move': {
    act: (by) => add([definitionOf('kept', SLOWER)], true, by),
    ends: [{ ...KEPT, shard: '10-0', version: 2 }],
  },
  'a drain': {
    act: (by) => setOverlay('kept', DRAINED, by),
    ends: [{ ...KEPT, version: 2, overlay: DRAINED }],
  },
  'a removal': { act: (by) => removeHost('kept', by), ends: [] },
};

describe('whatever strikes the registry', () => {
  const strike = async ({ act, ends }: Case, at: number, fault: Fault): Promise<boolean> => {
    test = await startRegistry(inject('dynamoEndpoint'));
    await add([definitionOf('kept')], false, test.another());
    let struck = false;
    const injector = createInjector((call) => {
      struck ||= call === at;
      return call === at ? fault : undefined;
    });
    injector.attach(test.options.client);
    // A process of its own: what it knew is gone with it.
    await injector.invoke(() => act(test.another()).catch(() => undefined));
    await act(test.another());
    for (let n = 0; n < 2; n += 1) await injector.wake();
    expect(await audit(), `${fault} at ${at}`).toMatchObject(ends);
    return struck;
  };

  it.each(Object.entries(CASES))('%s happens once', async (_name, how) => {
    let tried = 0;
    for (const fault of FAULTS) for (let at = 0; await strike(how, at, fault); at += 1) tried += 1;
    expect(tried).toBeGreaterThan(FAULTS.length);
  });
});
