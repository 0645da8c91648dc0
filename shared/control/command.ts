/** Commands to the running mesh. Each one is a conditional write of the state and its event. */
import type { Clock } from '#shared/kernel/ports.ts';
import type { Result } from '#shared/kernel/result.ts';
import type { ControlStore } from './ports.ts';
import {
  type Command,
  type CommandRefusal,
  type Control,
  type ControlEvent,
  decide,
} from './state.ts';

const TRIES_MAX = 10;

class ControlBusyError extends Error {
  override readonly name = 'ControlBusyError';
  readonly code = 'CONTROL_BUSY';
}

/**
 * Carries out a command. The event is undefined when the command changes nothing. A command that
 * the rules refuse is a CommandRefusal, not an exception.
 * @throws ControlBusyError CONTROL_BUSY when other writers win ten times in a row
 */
export const command = async (
  what: Command,
  actor: string,
  reason: string,
  { store, clock }: { readonly store: ControlStore; readonly clock: Clock },
): Promise<Result<{ control: Control; event: ControlEvent | undefined }, CommandRefusal>> => {
  for (let tries = 0; tries < TRIES_MAX; tries += 1) {
    const decided = decide(await store.get(), what, actor, reason, clock.now());
    if (!decided.ok) return decided;
    const { next: control, event } = decided.value;
    if (!event || (await store.put(control, event))) return { ok: true, value: { control, event } };
  }
  throw new ControlBusyError('the control item changes all the time; try again');
};
