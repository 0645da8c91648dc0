/** Says whether jobs may start. Reads the control item at most every few seconds. */
import type { SourceLimits } from '#shared/contracts/worker.ts';
import type { Clock, Logger } from '#shared/kernel/ports.ts';
import type { ControlStore } from './ports.ts';
import { type Control, limitsOf } from './state.ts';

interface GateOptions {
  readonly store: Pick<ControlStore, 'get'>;
  readonly clock: Clock;
  readonly logger: Logger;
  /** How long one read is used, in ms. A pause is seen that late. */
  readonly freshMs: number;
  /** Limits of sources that have no limits of their own. */
  readonly defaults: SourceLimits | undefined;
}

/** `heldUntil`: until then, in ms since the epoch, the table may hold places in groups. */
export type GateAnswer =
  | { readonly kind: 'open'; readonly limits: SourceLimits | undefined; readonly heldUntil: number }
  | { readonly kind: 'paused'; readonly what: string; readonly heldUntil: number };

const answerOf = (
  control: Control,
  priority: string,
  source: string,
  defaults: SourceLimits | undefined,
): GateAnswer => {
  const { groupsHeldUntil: heldUntil = 0 } = control;
  const paused = (what: string): GateAnswer => ({ kind: 'paused', what, heldUntil });
  if (control.state === 'PAUSED') return paused('system');
  if (control.pausedQueues.includes(priority)) return paused(`queue ${priority}`);
  if (control.pausedSources.includes(source)) return paused(`source ${source}`);
  return { kind: 'open', limits: limitsOf(control, source) ?? defaults, heldUntil };
};

/**
 * A gate with its own cache. When the control item cannot be read, the last read counts; before the
 * first read, `check` rejects with the error.
 */
export const createGate = ({ store, clock, logger, freshMs, defaults }: GateOptions) => {
  let known: Control | undefined;
  let readAt = Number.NEGATIVE_INFINITY;
  let reading: Promise<Control> | undefined;

  const read = async (): Promise<Control> => {
    try {
      known = await store.get();
      readAt = clock.now();
    } catch (error) {
      // The last state is a better guess than to stop every job.
      if (known === undefined) throw error;
      logger.warn('control item not read; the last one counts', { error });
      // A group may be held since that read: workers must look for holds.
      known = { ...known, groupsHeldUntil: Number.POSITIVE_INFINITY };
    } finally {
      reading = undefined;
    }
    return known;
  };

  return {
    check: async (priority: string, source: string): Promise<GateAnswer> => {
      const isFresh = known !== undefined && clock.now() - readAt < freshMs;
      reading ??= isFresh ? undefined : read();
      const control = isFresh && known ? known : await (reading ?? read());
      return answerOf(control, priority, source, defaults);
    },
  };
};
