/** Whether jobs may start: the control item, read at most every few seconds. */
import type { Clock, Logger } from '#shared/kernel/ports.ts';
import type { ControlStore } from './ports.ts';
import { type Control, limitsOf, type SourceLimits } from './state.ts';

interface GateOptions {
  readonly store: Pick<ControlStore, 'get'>;
  readonly clock: Clock;
  readonly logger: Logger;
  /** For how long a read answers; a pause is seen that late. ms. */
  readonly freshMs: number;
  /** For sources without limits of their own. */
  readonly defaults: SourceLimits | undefined;
}

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

export const createGate = ({ store, clock, logger, freshMs, defaults }: GateOptions) => {
  let known: Control | undefined;
  let readAt = Number.NEGATIVE_INFINITY;
  let reading: Promise<Control> | undefined;

  const read = async (): Promise<Control> => {
    try {
      known = await store.get();
      readAt = clock.now();
    } catch (error) {
      // What was known a moment ago is better than to stop every job.
      if (known === undefined) throw error;
      logger.warn('control item not read; the last one counts', { error });
      // But that no group was held then says nothing of now.
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
