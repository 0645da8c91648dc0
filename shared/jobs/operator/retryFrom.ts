/** Puts a job back from one of its steps: what was kept before the step counts, the rest is done again. */
import type { JobRecord } from '../record/record.ts';
import type { Kept } from '../steps/kept.ts';
import { ownerOf } from '../steps/owner.ts';
import {
  type NotRedriven,
  type RedriveDeps,
  type RedriveOptions,
  redrive,
  takenBackIn,
} from './redrive.ts';

/**
 * Which steps and waits are done again: the step, all that ended after it, steps that were taken
 * back, and waits that nobody ended. undefined: there is no such step.
 */
const droppedFrom = ({ steps, arrivals }: Kept, from: string): readonly string[] | undefined => {
  const first = steps.find(({ name }) => name === from);
  if (!first) return undefined;
  const late = arrivals.flatMap((arrival) =>
    arrival.kind === 'timeout' && arrival.at >= first.at ? arrival.name : [],
  );
  const after = steps.filter(({ at }) => at >= first.at).map(({ name }) => name);
  return [...new Set([...after, ...takenBackIn(steps), ...late])];
};

/** The outcome: the steps that are done again, or why the job was not put back. */
export type RetryOutcome =
  | { readonly kind: 'retried'; readonly again: readonly string[] }
  | { readonly kind: 'not'; readonly why: NotRedriven };

/** Puts an ended job back from a step. The history of the job keeps who did, and from where. */
export const retryFrom = async (
  record: JobRecord,
  from: string,
  { by, reason }: Pick<RedriveOptions, 'by' | 'reason'>,
  deps: RedriveDeps,
): Promise<RetryOutcome> => {
  const owner = ownerOf(record, deps.clock.now());
  const again = droppedFrom(await deps.stepStore.read(owner), from);
  if (!again) {
    const message = `it has no kept step "${from}"; "sheratan why" shows its steps`;
    return { kind: 'not', why: { id: record.id, code: 'NO_SUCH_STEP', message } };
  }
  const { refused } = await redrive([record], { by, reason, from, again }, deps);
  const [why] = refused;
  return why ? { kind: 'not', why } : { kind: 'retried', again };
};
