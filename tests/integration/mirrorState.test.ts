import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, inject, it } from 'vitest';
import { meshSide, originalSide } from '#cli/bridge/stateSides.ts';
import { command } from '#shared/control/command.ts';
import { createControlStore } from '#shared/control/dynamo/controlStore.ts';
import { decide, INITIAL, type SystemState } from '#shared/control/state.ts';
import { createMirror, type Mirrored, systemStateIn } from '#shared/legacy/bridge/mirrorState.ts';
import { createJobsTable } from '../support/table.ts';

/** The original's core, as far as its state goes: it begins PAUSED, and has the same policy. */
const startCore = async () => {
  let core = { ...INITIAL, state: 'PAUSED' as SystemState, since: 1_000 };
  const asked: unknown[] = [];
  const change = (to: SystemState, at: number): string | undefined => {
    const decided = decide(core, { kind: 'state', to }, 'core', 'test', at);
    if (!decided.ok) return decided.error.message;
    core = { ...core, state: to, since: at };
    return undefined;
  };
  const server: Server = createServer(async (request, response) => {
    if (request.method === 'GET')
      return response.end(JSON.stringify({ state: core.state, since: core.since / 1_000 }));
    const body = JSON.parse((await request.toArray()).join('')) as { state: string };
    asked.push(body);
    const to = systemStateIn(body.state);
    const why = to ? change(to, Date.now()) : 'no such state';
    response.statusCode = why === undefined ? 200 : 400;
    return response.end(JSON.stringify({ detail: why }));
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const { port } = server.address() as AddressInfo;
  return { server, asked, change, url: `http://127.0.0.1:${port}`, state: () => core.state };
};

let core: Awaited<ReturnType<typeof startCore>>;
let mirror: () => Promise<Mirrored>;
let store: ReturnType<typeof createControlStore>;
const clock = { now: Date.now };

beforeEach(async () => {
  core = await startCore();
  store = createControlStore(await createJobsTable(inject('dynamoEndpoint')));
  mirror = createMirror({
    mesh: meshSide(store, clock, 'bridge'),
    original: originalSide(core.url),
  });
});
afterEach(() => core.server.close());

const order = (to: SystemState) => command({ kind: 'state', to }, 'ops', 'test', { store, clock });
const states = async () => [(await store.get()).state, core.state()];

describe('the state of both systems', () => {
  it('is that of the mesh at first: a core that has just started must not pause the mesh', async () => {
    expect(await mirror()).toEqual({
      kind: 'changed',
      side: 'original',
      from: 'PAUSED',
      to: 'OPERATIONAL',
    });
    expect(await states()).toEqual(['OPERATIONAL', 'OPERATIONAL']);
    expect(core.asked).toMatchObject([{ actor: 'sheratan bridge', reason: 'as the mesh' }]);
    expect(await mirror()).toEqual({ kind: 'same' });
  });

  it('follows whichever side changes, and the later one when both do', async () => {
    await mirror();
    core.change('DEGRADED', Date.now());
    expect(await mirror()).toMatchObject({ kind: 'changed', side: 'mesh', to: 'DEGRADED' });
    await order('RECOVERY');
    expect(await mirror()).toMatchObject({ kind: 'changed', side: 'original', to: 'RECOVERY' });
    await order('OPERATIONAL');
    core.change('PAUSED', Date.now() + 60_000);
    expect(await mirror()).toMatchObject({ side: 'mesh', to: 'PAUSED' });
    expect(await states()).toEqual(['PAUSED', 'PAUSED']);
    const { events } = { events: await store.events(3) };
    expect(events).toContainEqual(
      expect.objectContaining({ actor: 'bridge', reason: 'as the original', to: 'PAUSED' }),
    );
  });

  it('tells once of a change that the policy refuses, and goes on when a side changes', async () => {
    await order('DEGRADED');
    expect(await mirror()).toMatchObject({ kind: 'refused', side: 'original', to: 'DEGRADED' });
    expect(await mirror()).toEqual({ kind: 'same' });
    expect(core.asked).toHaveLength(1);
    await order('OPERATIONAL');
    expect(await mirror()).toMatchObject({ kind: 'changed', to: 'OPERATIONAL' });
  });
});
