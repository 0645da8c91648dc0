/** Adds, replaces, pauses, resumes and removes schedules. */
import { type ByPriority, type Pools, poolOf, queueIn } from '#shared/contracts/pools.ts';
import type { Kinds } from '#shared/jobs/kinds/defineJob.ts';
import type { Clock } from '#shared/kernel/ports.ts';
import { ScheduleError } from './errors.ts';
import type { Schedules } from './ports.ts';
import { inputOf, type Schedule, type ScheduleDraft, tickMessage } from './schedule.ts';

export interface ManageSchedulesDeps {
  readonly schedules: Schedules;
  readonly kinds: Kinds;
  readonly queueUrls: ByPriority<string>;
  readonly pools?: Pools;
  readonly clock: Clock;
}

const missing = (name: string): ScheduleError =>
  new ScheduleError('NOT_FOUND', `There is no schedule ${name}.`);

const isSame = (one: Schedule, other: Schedule): boolean =>
  one.expression === other.expression &&
  one.timezone === other.timezone &&
  one.input === other.input;

/**
 * Adds a schedule. To add the same schedule again changes nothing. Another schedule under a used
 * name needs `replace`; a replaced schedule stays paused if it was paused.
 * @throws ScheduleError EXISTS without `replace`; NOT_FOUND when it is removed at the same time;
 * the errors of {@link tickMessage} and {@link inputOf}
 */
export const addSchedule = async (
  draft: ScheduleDraft,
  replace: boolean,
  { schedules, kinds, queueUrls, pools, clock }: ManageSchedulesDeps,
): Promise<'added' | 'replaced' | 'unchanged'> => {
  const { name, expression, timezone } = draft;
  const message = tickMessage(draft, kinds, clock.now());
  const queue = queueIn(poolOf(message.kind, pools), queueUrls[message.priority]);
  const input = inputOf(message, queue);
  const schedule = { name, expression, timezone, enabled: true, input };
  if (await schedules.create(schedule)) return 'added';
  const existing = await schedules.get(name);
  if (existing && isSame(existing, schedule)) return 'unchanged';
  if (!replace) {
    const what = existing ? `${existing.expression} ${existing.timezone}` : 'another one';
    throw new ScheduleError(
      'EXISTS',
      `There is a schedule ${name} already (${what}); replace it, or choose another name.`,
    );
  }
  const enabled = existing?.enabled ?? true;
  if (await schedules.replace({ ...schedule, enabled })) return 'replaced';
  throw missing(name);
};

/**
 * Pauses or resumes a schedule.
 * @returns whether that changed anything
 * @throws ScheduleError NOT_FOUND
 */
export const enableSchedule = async (
  name: string,
  enabled: boolean,
  { schedules }: Pick<ManageSchedulesDeps, 'schedules'>,
): Promise<boolean> => {
  const existing = await schedules.get(name);
  if (!existing) throw missing(name);
  if (existing.enabled === enabled) return false;
  if (await schedules.replace({ ...existing, enabled })) return true;
  throw missing(name);
};

/** Removes a schedule; jobs of earlier ticks stay. @throws ScheduleError NOT_FOUND */
export const removeSchedule = async (
  name: string,
  { schedules }: Pick<ManageSchedulesDeps, 'schedules'>,
): Promise<void> => {
  if (!(await schedules.remove(name))) throw missing(name);
};
