/** `schedules`: jobs that are sent at regular times. */

import { isRate, nextFire } from '#shared/schedules/expression.ts';
import { addSchedule, enableSchedule, removeSchedule } from '#shared/schedules/manageSchedules.ts';
import { type Overlap, type Schedule, tickOf } from '#shared/schedules/schedule.ts';
import { CliError, EXIT, type ExitCode } from '../errors.ts';
import { kindsAt } from '../input/check.ts';
import { readInput } from '../input/input.ts';
import { columns, json, note, out, plain, time } from '../print.ts';
import { looking, type SessionOptions, withDeployment } from '../session.ts';

export interface AddScheduleOptions extends SessionOptions {
  readonly timezone: string;
  readonly overlap: Overlap;
  readonly replace?: boolean;
}

/**
 * Adds a schedule that sends the envelope of a file; with `replace` changes the existing one.
 *
 * @throws CliError unless the file has exactly one envelope, ScheduleError for a bad schedule
 */
export const addScheduleCommand = async (
  name: string,
  expression: string,
  file: string,
  options: AddScheduleOptions,
): Promise<ExitCode> => {
  const items = await readInput(file);
  const [item] = items;
  if (!item || items.length > 1)
    throw new CliError(`${file}: a schedule sends one envelope, not ${items.length}.`, EXIT.usage);
  const { timezone, overlap, replace = false } = options;
  const draft = { name, expression, timezone, overlap, body: item.body };
  return withDeployment(options, async (session) => {
    const done = await addSchedule(draft, replace, { ...session, kinds: await kindsAt(session) });
    if (options.json) json({ name, done });
    else if (done === 'unchanged') note('Nothing changed: it is so already.');
    else note(`${name} ${done}; its jobs: sheratan jobs --mission schedule:${name}`);
    return EXIT.ok;
  });
};

/** A rate counts from its creation at AWS, so only AWS knows its next time. */
const nextOf = ({ enabled, expression, timezone }: Schedule, now: number): number | undefined =>
  enabled && !isRate(expression) ? nextFire(expression, now, timezone) : undefined;

const rowOf = (schedule: Schedule, now: number): readonly string[] => {
  const { name, expression, timezone, enabled, input } = schedule;
  const { kind = '?', priority = '?', overlap = '?' } = tickOf(input) ?? {};
  const next = nextOf(schedule, now);
  const shown = next === undefined ? '-' : time(next);
  return [name, enabled ? 'on' : 'paused', kind, priority, overlap, expression, timezone, shown];
};

const TITLES = ['NAME', 'STATE', 'KIND', 'QUEUE', 'OVERLAP', 'WHEN', 'TIMEZONE', 'NEXT (UTC)'];

/** Lists all schedules with their next times, in UTC. */
export const listSchedulesCommand = (options: SessionOptions): Promise<ExitCode> =>
  looking(options, async ({ schedules, clock }) => {
    const all = await schedules.list();
    if (options.json) json(all.map((each) => ({ ...each, ...tickOf(each.input) })));
    else if (all.length === 0) note('No schedules.');
    else out(columns([TITLES, ...all.map((each) => rowOf(each, clock.now()).map(plain))]));
    return EXIT.ok;
  });

/**
 * Resumes or pauses a schedule.
 *
 * @throws ScheduleError NOT_FOUND
 */
export const enable = (
  name: string,
  enabled: boolean,
  options: SessionOptions,
): Promise<ExitCode> =>
  withDeployment(options, async (session) => {
    const changed = await enableSchedule(name, enabled, session);
    if (options.json) json({ name, enabled, changed });
    else if (changed) note(`${name} ${enabled ? 'goes on' : 'paused'}`);
    else note('Nothing changed: it is so already.');
    return EXIT.ok;
  });

/**
 * Removes a schedule; its jobs that were sent go on.
 *
 * @throws ScheduleError NOT_FOUND
 */
export const removeScheduleCommand = (name: string, options: SessionOptions): Promise<ExitCode> =>
  withDeployment(options, async (session) => {
    await removeSchedule(name, session);
    if (options.json) json({ name, removed: true });
    else note(`${name} removed; jobs that it sent go on`);
    return EXIT.ok;
  });
