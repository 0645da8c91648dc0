/** What a person does from the page: the same functions as the commands, and the same words. */
import * as v from 'valibot';
import { PRIORITIES } from '#shared/contracts/queues.ts';
import { decideGroup } from '#shared/jobs/operator/haltedGroups.ts';
import { retryFrom } from '#shared/jobs/operator/retryFrom.ts';
import { signalJob } from '#shared/jobs/operator/signal.ts';
import type { Json } from '#shared/kernel/json.ts';
import { mapPool } from '#shared/kernel/pool.ts';
import { replayed } from '../commands/callbacks.ts';
import { cancelOne, cancelText } from '../commands/decide.ts';
import { redriveWanted } from '../commands/redrive.ts';
import { sendItems } from '../commands/send.ts';
import { CliError, EXIT } from '../errors.ts';
import { kindsAt } from '../input/check.ts';
import type { Session } from '../session.ts';
import { actedOn, joinedAnswers, notActedOn, undoneBy } from './answers.ts';
import { drainHosts, enableSchedules, pauseMesh, setSourceLimits } from './controls.ts';
import {
  hostWish,
  makeSchedule,
  registerHost,
  removeHosts,
  removeSchedules,
  scheduleWish,
} from './definitions.ts';
import { patchOfPage } from './jobWhole.ts';
import type { ActAnswer } from './wire.ts';

const IDS_MAX = 1_000;
const AT_ONCE = 8;

const text = v.pipe(v.string(), v.trim(), v.nonEmpty(), v.maxLength(1_000));
const id = v.pipe(v.string(), v.nonEmpty(), v.maxLength(1_000));
const ids = v.pipe(v.array(id), v.nonEmpty(), v.maxLength(IDS_MAX));
const reason = v.pipe(v.string('say why'), v.trim(), v.nonEmpty('say why'), v.maxLength(500));

const wishes = v.variant('action', [
  v.object({ action: v.literal('cancel'), ids, reason }),
  v.object({
    action: v.literal('redrive'),
    ids,
    reason,
    patch: v.optional(v.unknown()),
    dryRun: v.optional(v.boolean()),
  }),
  v.object({ action: v.literal('retry'), id, from: text, reason }),
  v.object({ action: v.literal('signal'), id, name: text, data: v.unknown() }),
  v.object({ action: v.picklist(['skip', 'resume']), ids, reason }),
  v.object({
    action: v.literal('pause'),
    paused: v.boolean(),
    queue: v.optional(v.picklist(PRIORITIES)),
    source: v.optional(text),
    reason,
  }),
  v.object({
    action: v.literal('limits'),
    source: text,
    reason,
    perMinute: v.optional(v.number()),
    burst: v.optional(v.number()),
    concurrency: v.optional(v.number()),
    clear: v.optional(v.boolean()),
  }),
  v.object({ action: v.literal('schedule'), ids, enabled: v.boolean() }),
  v.object({ action: v.literal('drain'), ids, drained: v.boolean(), reason }),
  v.object({ action: v.literal('replay'), ids }),
  v.object({ action: v.literal('send'), envelope: v.unknown() }),
  v.object({ action: v.literal('addSchedule'), reason, ...scheduleWish.entries }),
  v.object({ action: v.literal('addHost'), reason, ...hostWish.entries }),
  v.object({ action: v.picklist(['removeSchedule', 'removeHost']), ids, reason }),
]);

/** One action as the page asks for it. */
export type ActionWish = v.InferOutput<typeof wishes>;
type Of<A extends ActionWish['action']> = Extract<ActionWish, { action: A }>;

type Carry<A extends ActionWish['action']> = (
  wish: Of<A>,
  session: Session,
  by: string,
) => Promise<ActAnswer>;

const cancel: Carry<'cancel'> = async (wish, session, by) => {
  const able = new Set<string>();
  const answers = joinedAnswers(
    await mapPool(wish.ids, AT_ONCE, async (job) => {
      const outcome = await cancelOne(job, { by, reason: wish.reason }, session);
      const told = cancelText(outcome);
      if (outcome.kind === 'cancelled') able.add(job);
      if (outcome.kind === 'failed') return notActedOn(job, 'NOT_KNOWN', told);
      return outcome.kind === 'finished' ? notActedOn(job, 'ENDED', told) : actedOn(job, told);
    }),
  );
  return undoneBy(answers, { action: 'redrive', ids: [] }, able);
};

const redrive: Carry<'redrive'> = async (wish, session, by) => {
  const { ids: wanted, dryRun = false, patch, reason: why } = wish;
  const options = { by, reason: why, dryRun, limit: IDS_MAX };
  const whole = await patchOfPage(patch as Json | undefined, wanted, session);
  const report = await redriveWanted(wanted, whole, options, session);
  const told = dryRun ? 'would be put back' : 'put back; it runs again';
  return { done: report.redriven.map((job) => ({ id: job, text: told })), refused: report.refused };
};

const retry: Carry<'retry'> = async ({ id: job, from, reason: why }, session, by) => {
  const record = await session.store.get(job);
  if (!record) return notActedOn(job, 'NOT_FOUND', 'there is no record of it');
  const deps = { ...session, kinds: await kindsAt(session) };
  const outcome = await retryFrom(record, from, { by, reason: why }, deps);
  if (outcome.kind === 'not') return notActedOn(job, outcome.why.code, outcome.why.message);
  return actedOn(job, `put back from "${from}"; done again: ${outcome.again.join(', ')}`);
};

const signal: Carry<'signal'> = async ({ id: job, name, data }, session, by) => {
  const sent = await signalJob(job, { name, data: data as Json, by }, session);
  if (!sent.ok) return notActedOn(job, sent.error.code, sent.error.message);
  if (sent.value.kind === 'taken')
    return notActedOn(
      job,
      'SIGNAL_TAKEN',
      'another signal of this name, or the end of the wait, came first',
    );
  const kept = sent.value.kind === 'kept';
  return actedOn(job, `signal "${name}" ${kept ? 'kept; its wait ends' : 'was sent before'}`);
};

const decide: Carry<'skip' | 'resume'> = async (wish, session, by) => {
  const { action, ids: wanted, reason: why } = wish;
  const what = action === 'skip' ? 'stays dead; its group goes on' : 'runs again in its place';
  return joinedAnswers(
    await mapPool(wanted, AT_ONCE, async (job) => {
      const outcome = await decideGroup(job, action, { by, reason: why }, session);
      if (outcome.kind === 'not_halted') return notActedOn(job, 'NOT_HALTED', 'it holds no group');
      return actedOn(job, `${what}${outcome.atOnce ? '' : ', when its message comes back'}`);
    }),
  );
};

const replay: Carry<'replay'> = async ({ ids: wanted }, session) => {
  const able = new Set(await replayed(wanted, session));
  return joinedAnswers(
    wanted.map((job) =>
      able.has(job)
        ? actedOn(job, 'its result is posted once more')
        : notActedOn(job, 'NO_CALLBACK', 'it has no callback'),
    ),
  );
};

const send: Carry<'send'> = async ({ envelope }, session) => {
  const items = [{ where: 'the form', body: JSON.stringify(envelope) }];
  const { sent, refused } = await sendItems(items, session);
  return {
    done: sent.map(({ id: job }) => ({ id: job, text: 'sent' })),
    refused: refused.map(({ where, code, message }) => ({ id: where, code, message })),
  };
};

const remove: Carry<'removeSchedule' | 'removeHost'> = (wish, session, by) => {
  const { action, ids: wanted, reason: why } = wish;
  return (action === 'removeHost' ? removeHosts : removeSchedules)(wanted, session, { by, why });
};

const CARRY: { readonly [A in ActionWish['action']]: Carry<A> } = {
  cancel,
  redrive,
  retry,
  signal,
  pause: pauseMesh,
  limits: setSourceLimits,
  schedule: enableSchedules,
  drain: drainHosts,
  replay,
  send,
  addSchedule: (wish, session, by) => makeSchedule(wish, session, { by, why: wish.reason }),
  addHost: (wish, session, by) => registerHost(wish, session, { by, why: wish.reason }),
  removeSchedule: remove as Carry<'removeSchedule'>,
  removeHost: remove as Carry<'removeHost'>,
  skip: decide as Carry<'skip'>,
  resume: decide as Carry<'resume'>,
};

/**
 * Carries out one action, and writes down who decided.
 *
 * @throws CliError for a wish that is none, or that says no reason
 */
export const carryOutWish = (given: unknown, session: Session, by: string): Promise<ActAnswer> => {
  const parsed = v.safeParse(wishes, given);
  if (!parsed.success) {
    const [issue] = parsed.issues;
    const where = issue.path?.map(({ key }) => String(key)).join('.') ?? 'action';
    throw new CliError(`${where}: ${issue.message}`, EXIT.usage);
  }
  const wish = parsed.output;
  return (CARRY[wish.action] as Carry<ActionWish['action']>)(wish, session, by);
};
