/** What a person does to the mesh, its sources, schedules and hosts from the page. */
import { command } from '#shared/control/command.ts';
import type { Command } from '#shared/control/state.ts';
import { isSettled } from '#shared/hosts/registry/definition.ts';
import { setOverlay } from '#shared/hosts/registry/manageHosts.ts';
import { enableSchedule } from '#shared/schedules/manageSchedules.ts';
import { limitsWish, pauseWish } from '../commands/control.ts';
import { registryDeps } from '../commands/hosts.ts';
import type { Session } from '../session.ts';
import { actedOn, joinedAnswers, notActedOn } from './answers.ts';
import type { ActAnswer } from './wire.ts';

const nameOf = (what: Command): string => {
  if (what.kind === 'limits') return what.source;
  return what.kind === 'state' ? 'the mesh' : what.name;
};

const control = async (
  what: Command,
  why: string,
  { control: store, clock }: Session,
  by: string,
): Promise<ActAnswer> => {
  const name = nameOf(what);
  const done = await command(what, by, why, { store, clock });
  if (!done.ok) return notActedOn(name, done.error.code, done.error.message);
  const { event } = done.value;
  return actedOn(name, event ? `${event.what}: ${event.from} → ${event.to}` : 'it was so already');
};

interface PauseAsked {
  readonly paused: boolean;
  readonly reason: string;
  readonly queue?: string | undefined;
  readonly source?: string | undefined;
}

/** Pauses or resumes the mesh, a queue or a source. */
export const pauseMesh = (
  { paused, reason: why, queue, source }: PauseAsked,
  session: Session,
  by: string,
): Promise<ActAnswer> =>
  control(
    pauseWish({ ...(queue && { queue }), ...(source && { source }) }, paused),
    why,
    session,
    by,
  );

interface LimitsAsked {
  readonly source: string;
  readonly reason: string;
  readonly perMinute?: number | undefined;
  readonly burst?: number | undefined;
  readonly concurrency?: number | undefined;
  readonly clear?: boolean | undefined;
}

/**
 * Sets or clears the limits of a source.
 *
 * @throws CliError without a limit, or for a limit below 1
 */
export const setSourceLimits = async (
  { source, reason: why, perMinute, burst, concurrency, clear }: LimitsAsked,
  session: Session,
  by: string,
): Promise<ActAnswer> => {
  const given = {
    ...(perMinute !== undefined && { perMinute }),
    ...(burst !== undefined && { burst }),
    ...(concurrency !== undefined && { concurrency }),
    ...(clear !== undefined && { clear }),
  };
  return control(limitsWish(source, given), why, session, by);
};

/** Lets schedules tick, or not. */
export const enableSchedules = async (
  { ids, enabled }: { readonly ids: readonly string[]; readonly enabled: boolean },
  session: Session,
): Promise<ActAnswer> => {
  const answers: ActAnswer[] = [];
  for (const id of ids) {
    const changed = await enableSchedule(id, enabled, session);
    answers.push(
      actedOn(id, changed ? (enabled ? 'ticks again' : 'is paused') : 'it was so already'),
    );
  }
  return joinedAnswers(answers);
};

interface DrainAsked {
  readonly ids: readonly string[];
  readonly drained: boolean;
  readonly reason: string;
}

/** Lets hosts take no new jobs, or take them again. */
export const drainHosts = async (
  { ids, drained, reason: why }: DrainAsked,
  session: Session,
  by: string,
): Promise<ActAnswer> => {
  const wanted = drained ? ({ kind: 'drained', by, reason: why } as const) : undefined;
  const answers: ActAnswer[] = [];
  for (const id of ids) {
    const outcome = await setOverlay(id, wanted, registryDeps(session));
    answers.push(
      isSettled(outcome)
        ? actedOn(id, drained ? 'takes no new jobs' : 'takes jobs again')
        : notActedOn(
            id,
            outcome.code.toUpperCase(),
            'there is no such host, or it changes all the time',
          ),
    );
  }
  return joinedAnswers(answers);
};
