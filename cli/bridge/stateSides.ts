/** The system state of the original's core by its HTTP interface, and of a mesh by its table. */
import { command } from '#shared/control/command.ts';
import type { ControlStore } from '#shared/control/ports.ts';
import type { Clock } from '#shared/kernel/ports.ts';
import { type StateSide, systemStateIn } from '#shared/legacy/bridge/mirrorState.ts';

const PATIENCE_MS = 10_000;

/** @param core address of the original's core */
export const originalSide = (core: string): StateSide => ({
  read: async () => {
    const url = new URL('/api/system/state', core);
    const response = await fetch(url, { signal: AbortSignal.timeout(PATIENCE_MS) });
    const { state: name, since } = (await response.json()) as Record<string, unknown>;
    const state = systemStateIn(name);
    if (!state) throw new Error(`${url} tells no state that the mesh knows: ${String(name)}`);
    return { state, since: Number(since) * 1_000 };
  },
  change: async (to, reason) => {
    const response = await fetch(new URL('/api/system/state/transition', core), {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ state: to, reason, actor: 'sheratan bridge' }),
      signal: AbortSignal.timeout(PATIENCE_MS),
    });
    return response.ok ? undefined : `${response.status} ${await response.text()}`;
  },
});

/** @param by who decides, for the history of the state */
export const meshSide = (store: ControlStore, clock: Clock, by: string): StateSide => ({
  read: async () => {
    const { state, since } = await store.get();
    return { state, since };
  },
  change: async (to, reason) => {
    const done = await command({ kind: 'state', to }, by, reason, { store, clock });
    return done.ok ? undefined : `${done.error.code}: ${done.error.message}`;
  },
});
