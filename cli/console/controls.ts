/** What a person does to the mesh, its sources, schedules and hosts from the page. */
import { command } from '#shared/control/command.ts';
import { type Command, limitsOf } from '#shared/control/state.ts';
import { isSettled } from '#shared/hosts/registry/definition.ts';
import { setOverlay } from '#shared/hosts/registry/manageHosts.ts';
import { enableSchedule } from '#shared/schedules/manageSchedules.ts';
import { limitsWish, pauseWish } from '../commands/control.ts';
import { registryDeps } from '../commands/hosts/hosts.ts';
import type { Session } from '../session.ts';
import { actedOn, joinedAnswers, notActedOn, undoneBy } from './answers.ts';
import type { ActAnswer } from './wire.ts';
import type { UndoWish } from './wireViews.ts';

const nameOf = (what: Command): string => {
  if (what.kind === 'limits') return what.source;
  if (what.kind === 'note') return what.what;
  return what.kind === 'state' ? 'the mesh' : what.name;
};

const control = async (
  what: Command,
  why: string,
  { control: store, clock }: Session,
  by: string,
  undo: UndoWish,
): Promise<ActAnswer> => {
  const name = nameOf(what);
  const done = await command(what, by, why, { store, clock });
  if (!done.ok) return notActedOn(name, done.error.code, done.error.message);
  const { event } = done.value;
  if (!event) return actedOn(name, 'it was so already');
  return { ...actedOn(name, `${event.what}: ${event.from} → ${event.to}`), undo };
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
): Promise<ActAnswer> => {
  const where = { ...(queue && { queue }), ...(source && { source }) };
  const [name] = [queue && `queue ${queue}`, source && `source ${source}`].filter(Boolean);
  return control(pauseWish(where, paused), why, session, by, {
    action: 'pause',
    words: paused ? 'unpause' : 'pause',
    ids: [name || 'the mesh'],
    more: { paused: !paused, ...where },
  });
};

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
  const wish = limitsWish(source, given);
  const before = limitsOf(await session.control.get(), source);
  return control(wish, why, session, by, {
    action: 'limits',
    words: before ? 'limits' : 'clear',
    ids: [source],
    more: { source, ...(before ?? { clear: true }) },
  });
};

/** Lets schedules tick, or not. */
export const enableSchedules = async (
  { ids, enabled }: { readonly ids: readonly string[]; readonly enabled: boolean },
  session: Session,
): Promise<ActAnswer> => {
  const answers: ActAnswer[] = [];
  const able = new Set<string>();
  for (const id of ids) {
    const changed = await enableSchedule(id, enabled, session);
    if (changed) able.add(id);
    answers.push(
      actedOn(id, changed ? (enabled ? 'ticks again' : 'is paused') : 'it was so already'),
    );
  }
  const words = enabled ? 'silence' : 'tick';
  const undo = { action: 'schedule', words, ids: [], more: { enabled: !enabled } };
  return undoneBy(joinedAnswers(answers), undo, able);
};

interface DrainAsked {
  readonly ids: readonly string[];
  readonly drained: boolean;
  readonly reason: string;
}

/** Upkeep that ends with the overlay is not begun again by the opposite. */
const hasOpposite = async (
  id: string,
  drained: boolean,
  { store }: ReturnType<typeof registryDeps>,
): Promise<boolean> => (await store.get(id))?.overlay?.kind === (drained ? undefined : 'drained');

/** Lets hosts take no new jobs, or take them again. */
export const drainHosts = async (
  { ids, drained, reason: why }: DrainAsked,
  session: Session,
  by: string,
): Promise<ActAnswer> => {
  const wanted = drained ? ({ kind: 'drained', by, reason: why } as const) : undefined;
  const answers: ActAnswer[] = [];
  const able = new Set<string>();
  const deps = registryDeps(session);
  for (const id of ids) {
    if (await hasOpposite(id, drained, deps)) able.add(id);
    const outcome = await setOverlay(id, wanted, deps);
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
  const words = drained ? 'undrain' : 'drain';
  const undo = { action: 'drain', words, ids: [], more: { drained: !drained } };
  return undoneBy(joinedAnswers(answers), undo, able);
};
