/** Redrive: puts back dead, quarantined or cancelled jobs, the oldest first. */
import { chunksOf } from '#shared/kernel/batches.ts';
import { asciiJson, type Json } from '#shared/kernel/json.ts';
import { LIMITS } from '#shared/kernel/limits.ts';
import { mapPool } from '#shared/kernel/pool.ts';
import type { Clock } from '#shared/kernel/ports.ts';
import { parseEnvelope, type ValidJob } from '../envelope/envelope.ts';
import { releaseOf } from '../envelope/message.ts';
import { edgesTo, strikeOff } from '../flow/dependencies.ts';
import { DEPENDENCIES_ENDED } from '../flow/releases.ts';
import { endUntaken } from '../flow/untakenMessages.ts';
import type { Kinds } from '../kinds/defineJob.ts';
import type { Blobs, FlowStore, JobStore, Outgoing, OutgoingMessage } from '../ports/jobs.ts';
import { type Decider, redriven } from '../record/operatorTransitions.ts';
import type { JobRecord, Status } from '../record/record.ts';
import { type Kept, type StepStore, undoName } from '../steps/kept.ts';
import { ownerOf } from '../steps/owner.ts';
import { keepBody, keptBody } from '../worker/waits/park.ts';

/** Which jobs to put back: every field that is given must match. */
export interface RedriveFilter {
  readonly kind?: string | undefined;
  readonly source?: string | undefined;
  /** The code of the job's last error. */
  readonly errorCode?: string | undefined;
  /** Bounds of the job's end, both included, in ms since the epoch. */
  readonly since?: number | undefined;
  readonly until?: number | undefined;
}

/** Whether a job matches the filter. */
export const selects = (filter: RedriveFilter, record: JobRecord): boolean => {
  const { kind, source, errorCode, since, until } = filter;
  return (
    (kind === undefined || record.kind === kind) &&
    (source === undefined || record.source === source) &&
    (errorCode === undefined || record.error?.code === errorCode) &&
    (since === undefined || record.updatedAt >= since) &&
    (until === undefined || record.updatedAt <= until)
  );
};

/** Applies a merge patch (RFC 7396); `null` in the patch removes a field. */
export const mergePatch = (target: Json | undefined, patch: Json): Json => {
  if (typeof patch !== 'object' || patch === null || Array.isArray(patch)) return patch;
  const isObject = typeof target === 'object' && target !== null && !Array.isArray(target);
  const merged = new Map<string, Json>(isObject ? Object.entries(target) : []);
  for (const [name, value] of Object.entries(patch)) {
    if (value === null) merged.delete(name);
    else merged.set(name, mergePatch(merged.get(name), value));
  }
  return Object.fromEntries(merged);
};

/** How to put jobs back. */
export interface RedriveOptions extends Decider {
  /** A merge patch (RFC 7396) of the payload. */
  readonly patch?: Json | undefined;
  /** How many jobs start in a second; all at once when absent. */
  readonly perSecond?: number | undefined;
  /** The step from which the job is done again, and all steps that are. */
  readonly from?: string | undefined;
  readonly again?: readonly string[] | undefined;
}

export interface RedriveDeps {
  readonly kinds: Kinds;
  readonly store: Pick<JobStore, 'get' | 'change' | 'create'>;
  readonly flows: FlowStore;
  readonly blobs: Blobs;
  readonly stepStore: Pick<StepStore, 'read' | 'drop'>;
  readonly outgoing: Outgoing;
  readonly clock: Clock;
}

/** A job that was not put back, and why. */
export interface NotRedriven {
  readonly id: string;
  readonly code: string;
  readonly message: string;
}

const WIDTH = 8;
const MESSAGES_AT_ONCE = 100;

const OPEN_TO_REDRIVE: readonly Status[] = ['DEAD', 'QUARANTINED', 'CANCELLED'];

const patched = (body: string, patch: Json | undefined): string => {
  if (patch === undefined) return body;
  const envelope = JSON.parse(body) as { readonly payload?: Json };
  return asciiJson({ ...envelope, payload: mergePatch(envelope.payload, patch) });
};

type Prepared = { readonly body: string; readonly job: ValidJob } | NotRedriven;

/** The body that a redrive would send, or why the job cannot go back. Changes nothing. */
export const prepareRedrive = async (
  record: JobRecord,
  patch: Json | undefined,
  { kinds, blobs }: Pick<RedriveDeps, 'kinds' | 'blobs'>,
): Promise<Prepared> => {
  const { id } = record;
  const not = (code: string, message: string): NotRedriven => ({ id, code, message });
  if (!OPEN_TO_REDRIVE.includes(record.status))
    return not(
      'NOT_ENDED',
      `it is ${record.status}; only dead, refused and cancelled jobs go back`,
    );
  if (record.halted)
    return not('HALTED', 'it holds its group: use "groups resume" to run it in its place');
  const body = await keptBody(record, blobs);
  if (body === undefined) return not('ENVELOPE_GONE', 'its envelope is not kept (any more)');
  const isJson = parseEnvelope(body, kinds);
  if (!isJson.ok && isJson.error.code === 'NOT_JSON') return not('NOT_JSON', isJson.error.message);
  const next = patched(body, patch);
  const parsed = parseEnvelope(next, kinds);
  return parsed.ok
    ? { body: next, job: parsed.value }
    : not(parsed.error.code, parsed.error.message);
};

/** A job whose row was put back, and whose message is still to be sent. */
interface PutBack {
  readonly record: JobRecord;
  readonly body: string;
  readonly job: ValidJob;
}

/** The names of the steps that were taken back, and of the steps that took them back. */
export const takenBackIn = (steps: Kept['steps']): readonly string[] => {
  const names = new Set(steps.map(({ name }) => name));
  return steps.flatMap(({ name }) => (names.has(undoName(name)) ? [name, undoName(name)] : []));
};

/** Drops the steps that are done again: those that are asked for, and all that were taken back. */
const dropSteps = async (
  record: JobRecord,
  again: readonly string[] = [],
  { stepStore, clock }: RedriveDeps,
): Promise<readonly string[]> => {
  if (again.length === 0 && !record.unwind) return [];
  const owner = ownerOf(record, clock.now());
  const { steps } = await stepStore.read(owner);
  const dropped = [...new Set([...again, ...takenBackIn(steps)])];
  await stepStore.drop(owner, dropped);
  return dropped;
};

const putBack = async (
  record: JobRecord,
  { body, job }: Exclude<Prepared, NotRedriven>,
  dueAt: number,
  { by, reason, patch, from, again }: RedriveOptions,
  deps: RedriveDeps,
): Promise<PutBack | NotRedriven> => {
  const { id } = record;
  const now = deps.clock.now();
  const { dependencies, envelope, contentHash } = job;
  const waits = dependencies.length > 0;
  const deadline = now + (envelope.deadlineSeconds ?? LIMITS.deadlineSecondsDefault) * 1_000;
  const kept = await keepBody(body, id, deps.blobs);
  const change = redriven(record, now, {
    ...kept,
    by,
    reason,
    dueAt: waits ? deadline : dueAt,
    contentHash,
    kind: envelope.kind,
    patched: patch !== undefined,
    from,
    again: await dropSteps(record, again, deps),
    dependencies: dependencies.length,
  });
  const { kind: outcome } = await deps.store.change(record, change);
  if (outcome !== 'applied')
    return { id, code: 'CHANGED', message: 'somebody else changed it at the same time' };
  const left = Object.entries(record).filter(
    ([name]) => !(change.remove as string[]).includes(name),
  );
  const after = { ...Object.fromEntries(left), ...change.set, status: change.to, id } as JobRecord;
  return { record: after, body, job };
};

/** The message of a job that was put back; none while the job waits for dependencies. */
const messageFor = async (
  { record, body, job }: PutBack,
  deps: RedriveDeps,
): Promise<readonly OutgoingMessage[]> => {
  const { dueAt = 0, id } = record;
  if (job.dependencies.length === 0) return [releaseOf(record, body, `redrive ${dueAt}`)];
  const expiresAt = Math.floor(dueAt / 1_000) + LIMITS.retentionFailedSeconds;
  const edges = edgesTo(id, job.dependencies, job.envelope.onDependencyFailure ?? 'fail');
  const still = await strikeOff(record, edges, expiresAt, deps);
  return still && !still.pending ? [releaseOf(record, body, DEPENDENCIES_ENDED)] : [];
};

/**
 * Puts jobs back. All rows are written before any message is sent, so that no job of a flow finds
 * another job of the flow still dead. When this stops between the two, the timekeeper sends the
 * jobs, or fails them at their deadline.
 */
export const redrive = async (
  records: readonly JobRecord[],
  options: RedriveOptions,
  deps: RedriveDeps,
): Promise<{ readonly redriven: readonly string[]; readonly refused: readonly NotRedriven[] }> => {
  const oldestFirst = [...records].sort((a, b) => a.createdAt - b.createdAt);
  const spacing = options.perSecond === undefined ? 0 : 1_000 / options.perSecond;
  const start = deps.clock.now();
  const back: PutBack[] = [];
  const refused: NotRedriven[] = [];
  for (const record of oldestFirst) {
    const prepared = await prepareRedrive(record, options.patch, deps);
    const dueAt = Math.ceil(start + back.length * spacing);
    const outcome =
      'code' in prepared ? prepared : await putBack(record, prepared, dueAt, options, deps);
    if ('code' in outcome) refused.push(outcome);
    else back.push(outcome);
  }
  for (const page of chunksOf(back, MESSAGES_AT_ONCE)) {
    const messages = await mapPool(page, WIDTH, (each) => messageFor(each, deps));
    const not = await deps.outgoing.send(messages.flat());
    await endUntaken(not, deps);
    for (const { message, code, reason } of not)
      refused.push({ id: message.released ?? '', code, message: reason });
  }
  const not = new Set(refused.map(({ id }) => id));
  return { redriven: back.map(({ record }) => record.id).filter((id) => !not.has(id)), refused };
};
