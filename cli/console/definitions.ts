/**
 * Schedules and hosts that a person adds or removes from the page: by the functions of the commands
 * `schedules` and `hosts`. Who did it and why is in the changes of the mesh.
 */
import * as v from 'valibot';
import { PROBE_INTERVALS } from '#shared/contracts/hosts.ts';
import { command } from '#shared/control/command.ts';
import type { Command } from '#shared/control/state.ts';
import { isSettled } from '#shared/hosts/registry/definition.ts';
import { addHosts, removeHost } from '#shared/hosts/registry/manageHosts.ts';
import { OVERLAPS } from '#shared/jobs/envelope/schema.ts';
import { ScheduleError } from '#shared/schedules/errors.ts';
import { isRate, nextFire } from '#shared/schedules/expression.ts';
import { addSchedule, removeSchedule } from '#shared/schedules/manageSchedules.ts';
import { hostOutcomeText, registryDeps } from '../commands/hosts/hosts.ts';
import { kindsAt } from '../input/check.ts';
import { hostOfFlags } from '../input/hostInput.ts';
import type { Session } from '../session.ts';
import { actedOn, joinedAnswers, notActedOn } from './answers.ts';
import type { Answering } from './server.ts';
import type { ActAnswer } from './wire.ts';
import type { TickTimes } from './wireViews.ts';

const word = v.pipe(v.string(), v.trim(), v.nonEmpty(), v.maxLength(1_000));
const words = v.optional(v.array(word), []);

/** A schedule as the page describes it. */
export const scheduleWish = v.object({
  name: word,
  expression: word,
  timezone: v.optional(word, 'UTC'),
  overlap: v.optional(v.picklist(OVERLAPS), 'skip'),
  envelope: v.unknown(),
  replace: v.optional(v.boolean(), false),
});

/** A host as the page describes it, with the flags of `hosts add`. */
export const hostWish = v.object({
  id: word,
  endpoint: word,
  kind: words,
  tag: words,
  unit: v.optional(word),
  concurrency: v.optional(v.number()),
  path: v.optional(word),
  interval: v.optional(v.picklist(PROBE_INTERVALS)),
  replace: v.optional(v.boolean(), false),
});

interface Who {
  readonly by: string;
  readonly why: string;
}

/** Keeps who did it and why. What was done stays done when this fails, and the answer says so. */
const noted = async (
  change: Omit<Extract<Command, { kind: 'note' }>, 'kind'>,
  { by, why }: Who,
  { control, clock }: Session,
): Promise<string> => {
  try {
    await command({ kind: 'note', ...change }, by, why, { store: control, clock });
    return '';
  } catch (error) {
    return `; who and why are not written down: ${error instanceof Error ? error.message : error}`;
  }
};

const NOTHING = 'none';

/** What a schedule refuses is an answer; any other fault is one of the deployment. */
const refusedBySchedule = (name: string, error: unknown): ActAnswer => {
  if (error instanceof ScheduleError) return notActedOn(name, error.code, error.message);
  throw error;
};

/** Adds a schedule, or replaces the one of its name. */
export const makeSchedule = async (
  { envelope, replace, ...rest }: v.InferOutput<typeof scheduleWish>,
  session: Session,
  who: Who,
): Promise<ActAnswer> => {
  const { name, expression, timezone } = rest;
  const draft = { ...rest, body: JSON.stringify(envelope) };
  try {
    const deps = { ...session, kinds: await kindsAt(session) };
    const done = await addSchedule(draft, replace, deps);
    if (done === 'unchanged') return actedOn(name, 'it was so already');
    const from = done === 'added' ? NOTHING : 'another one';
    const change = { what: `schedule ${name}`, from, to: `${expression} ${timezone}` };
    const also = await noted(change, who, session);
    const undo = { action: 'removeSchedule', ids: [name] };
    return { ...actedOn(name, `${done}${also}`), ...(done === 'added' && { undo }) };
  } catch (error) {
    return refusedBySchedule(name, error);
  }
};

/** Removes schedules; jobs that they sent go on. */
export const removeSchedules = async (
  ids: readonly string[],
  session: Session,
  who: Who,
): Promise<ActAnswer> => {
  const answers: ActAnswer[] = [];
  for (const id of ids)
    try {
      const before = await session.schedules.get(id);
      await removeSchedule(id, session);
      const from = `${before?.expression} ${before?.timezone}`;
      const also = await noted({ what: `schedule ${id}`, from, to: NOTHING }, who, session);
      answers.push(actedOn(id, `is removed; jobs that it sent go on${also}`));
    } catch (error) {
      answers.push(refusedBySchedule(id, error));
    }
  return joinedAnswers(answers);
};

/** Makes a host known, or changes the one of its id. */
export const registerHost = async (
  { id, endpoint, replace, ...flags }: v.InferOutput<typeof hostWish>,
  session: Session,
  who: Who,
): Promise<ActAnswer> => {
  const given = hostOfFlags(id, endpoint, JSON.parse(JSON.stringify(flags)));
  const [refused] = given.refused;
  if (refused) return notActedOn(id, refused.code, refused.message);
  const [outcome] = await addHosts(given.definitions, { replace }, registryDeps(session));
  if (!outcome || !isSettled(outcome))
    return notActedOn(
      id,
      (outcome?.code ?? 'busy').toUpperCase(),
      outcome ? hostOutcomeText(outcome).replace('--replace changes it', 'replace changes it') : '',
    );
  if (outcome.code === 'exists') return actedOn(id, 'it was so already');
  const from = outcome.code === 'created' ? NOTHING : 'another definition';
  const also = await noted({ what: `host ${id}`, from, to: endpoint }, who, session);
  const undo = { action: 'removeHost', ids: [id] };
  return {
    ...actedOn(id, `${outcome.code}; its first probe comes within its interval${also}`),
    ...(outcome.code === 'created' && { undo }),
  };
};

/** Removes hosts; what they run now they finish. */
export const removeHosts = async (
  ids: readonly string[],
  session: Session,
  who: Who,
): Promise<ActAnswer> => {
  const answers: ActAnswer[] = [];
  for (const id of ids) {
    const outcome = await removeHost(id, registryDeps(session));
    if (!isSettled(outcome)) {
      answers.push(notActedOn(id, outcome.code.toUpperCase(), hostOutcomeText(outcome)));
      continue;
    }
    const also = await noted({ what: `host ${id}`, from: 'known', to: NOTHING }, who, session);
    answers.push(actedOn(id, `is removed; what it runs it finishes${also}`));
  }
  return joinedAnswers(answers);
};

const SHOWN = 3;

/** When a schedule would come next, so that a person sees what an expression means. */
export const nextTicks =
  (now: () => number): Answering =>
  (query): Promise<TickTimes> => {
    const timezone = query.get('timezone') || 'UTC';
    const expression = query.get('expression') ?? '';
    try {
      const at: number[] = [];
      for (let next = now(); at.length < SHOWN; at.push(next)) {
        const then = nextFire(expression, next, timezone);
        if (then === undefined) break;
        next = then;
      }
      return Promise.resolve({ at, fromStart: isRate(expression) });
    } catch (error) {
      if (!(error instanceof ScheduleError)) throw error;
      return Promise.resolve({ at: [], fromStart: false, fault: error.message });
    }
  };
