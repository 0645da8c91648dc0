/** Groups that a dead job holds: a person skips the job, or lets it run again in its place. */
import type { Clock } from '#shared/kernel/ports.ts';
import type { JobStore, Visibility } from '../ports/jobs.ts';
import { resumed, skipped } from '../record/operatorTransitions.ts';
import type { JobRecord } from '../record/record.ts';
import { letGo } from './releaseGroup.ts';

export type GroupOutcome =
  | { readonly kind: 'decided'; readonly record: JobRecord; readonly atOnce: boolean }
  | { readonly kind: 'not_halted'; readonly record: JobRecord | undefined };

export interface GroupDeps {
  readonly store: JobStore;
  readonly visibility: Visibility;
  readonly clock: Clock;
}

/** @param id of the dead job at the group's head */
export const decideGroup = async (
  id: string,
  decision: 'skip' | 'resume',
  by: string,
  { store, visibility, clock }: GroupDeps,
): Promise<GroupOutcome> => {
  for (;;) {
    const record = await store.get(id);
    if (!record?.halted) return { kind: 'not_halted', record };
    const change = (decision === 'skip' ? skipped : resumed)(record, clock.now(), by);
    const { kind } = await store.change(record, change);
    if (kind !== 'applied') continue;
    return { kind: 'decided', record, atOnce: await letGo(record, visibility) };
  }
};
