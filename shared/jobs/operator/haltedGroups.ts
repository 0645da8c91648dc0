/** Halted groups: a person skips the dead job, or lets it run again in its place. */
import type { Clock } from '#shared/kernel/ports.ts';
import type { JobStore, Visibility } from '../ports/jobs.ts';
import { type Decider, resumed, skipped } from '../record/operatorTransitions.ts';
import type { JobRecord } from '../record/record.ts';
import { letGo } from './releaseGroup.ts';

/** The outcome of a decision; `atOnce` is false when the group goes on only after a wait. */
export type GroupOutcome =
  | { readonly kind: 'decided'; readonly record: JobRecord; readonly atOnce: boolean }
  | { readonly kind: 'not_halted'; readonly record: JobRecord | undefined };

export interface HaltedGroupDeps {
  readonly store: JobStore;
  readonly visibility: Visibility;
  readonly clock: Clock;
}

/**
 * Decides about a halted group; tries again when the job changes at the same time.
 * @param id the id of the dead job at the head of the group
 * @param decider who decides, and why
 */
export const decideGroup = async (
  id: string,
  decision: 'skip' | 'resume',
  decider: Decider,
  { store, visibility, clock }: HaltedGroupDeps,
): Promise<GroupOutcome> => {
  for (;;) {
    const record = await store.get(id);
    if (!record?.halted) return { kind: 'not_halted', record };
    const change = (decision === 'skip' ? skipped : resumed)(record, clock.now(), decider);
    const { kind } = await store.change(record, change);
    if (kind !== 'applied') continue;
    return { kind: 'decided', record, atOnce: await letGo(record, visibility) };
  }
};
