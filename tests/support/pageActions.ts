/** How each action of the console's page is tried. */
import type { ActionWish } from '#cli/console/actions.ts';
import {
  dead,
  deadAfter,
  fresh,
  later,
  refusedCallback,
  registered,
  scheduled,
} from './rightsCases.ts';
import type { RightsWorld } from './rightsWorld.ts';

export interface PageAction {
  /** The command that does the same. */
  readonly command: string;
  /** Asks for rights of the console, too: what was there before, and who and why. */
  readonly notes?: true;
  /** Prepares what the action works on. @returns the wish without its action and reason */
  readonly wish: (world: RightsWorld) => Promise<object>;
}

const on =
  (made: (world: RightsWorld) => Promise<string>, more: object = {}): PageAction['wish'] =>
  async (world) => ({ ids: [await made(world)], ...more });
const halted = (world: RightsWorld) => dead(world, { group: fresh('halted'), onDead: 'halt' });

export const PAGE_ACTIONS: Readonly<Record<ActionWish['action'], PageAction>> = {
  cancel: { command: 'cancel', wish: on(later) },
  redrive: { command: 'redrive', wish: on(dead) },
  retry: {
    command: 'retry',
    wish: async (world) => ({ id: await deadAfter(world, 'first'), from: 'first' }),
  },
  signal: {
    command: 'signal',
    wish: async (world) => ({ id: await later(world), name: 'approval', data: 1 }),
  },
  skip: { command: 'groups skip', wish: on(halted) },
  resume: { command: 'groups resume', wish: on(halted) },
  pause: { command: 'pause', wish: async () => ({ paused: true, source: fresh('source') }) },
  limits: { command: 'limits set', wish: async () => ({ source: fresh('source'), perMinute: 60 }) },
  schedule: { command: 'schedules pause', wish: on(scheduled, { enabled: false }) },
  drain: { command: 'hosts drain', wish: on(registered, { drained: true }) },
  replay: { command: 'callbacks replay', wish: on(refusedCallback) },
  send: { command: 'send', wish: async () => ({ envelope: { kind: 'echo', payload: 1 } }) },
  addSchedule: {
    command: 'schedules add',
    notes: true,
    wish: async () => ({
      ...{ name: fresh('tick'), expression: 'rate(1 hour)' },
      envelope: { kind: 'echo', payload: 1 },
    }),
  },
  addHost: {
    command: 'hosts add',
    notes: true,
    wish: async ({ gone }) => ({ id: fresh('host'), endpoint: gone, kind: ['a=1'] }),
  },
  removeSchedule: { command: 'schedules remove', notes: true, wish: on(scheduled) },
  removeHost: { command: 'hosts remove', notes: true, wish: on(registered) },
};
