/**
 * The part of the original's HTTP interface that is about jobs. Its clients go on unchanged: same
 * paths, same fields, same status codes. What the bridge cannot do is answered by 501 and by name.
 */
import * as v from 'valibot';
import type { Envelope } from '#shared/jobs/envelope/envelope.ts';
import { isTerminal, type JobRecord } from '#shared/jobs/record/record.ts';
import type { Json } from '#shared/kernel/json.ts';
import { mapPool } from '#shared/kernel/pool.ts';
import type { Clock, Ids } from '#shared/kernel/ports.ts';
import type { BridgeRefusal } from '../bridge/ports.ts';
import { envelopeOfLegacyJob, jobView } from './jobView.ts';
import { servedInstead } from './servedInstead.ts';
import {
  JOB_CREATE,
  keyIn,
  type LegacyJob,
  MISSION_CREATE,
  payloadHash,
  type Shelf,
  type ShelfLine,
  TASK_CREATE,
} from './shelf.ts';

/** A request of one of the original's clients. */
export interface LegacyRequest {
  readonly method: string;
  /** The path, without its query. */
  readonly path: string;
  /** The body as JSON; undefined without one, or when it is no JSON. */
  readonly body: unknown;
}

/** What such a client gets. */
export interface LegacyAnswer {
  readonly status: number;
  readonly body: unknown;
}

/** What answers are made of. */
export interface LegacyHttpDeps {
  readonly shelf: Shelf;
  /** Durable when it resolves. */
  readonly keep: (line: ShelfLine) => Promise<void>;
  readonly mesh: {
    get(id: string): Promise<JobRecord | undefined>;
    /** Why the mesh would not take the job; undefined when it would. */
    check(envelope: Envelope): BridgeRefusal | undefined;
    send(envelope: Envelope): Promise<BridgeRefusal | undefined>;
    result(record: JobRecord): Promise<Json | undefined>;
  };
  readonly clock: Clock;
  readonly ids: Ids;
}

const answer = (status: number, body: unknown): LegacyAnswer => ({ status, body });
/** The form of the original's errors. */
const detail = (status: number, what: unknown): LegacyAnswer => answer(status, { detail: what });
const missing = (what: string): LegacyAnswer => detail(404, `${what} not found`);

const READS_AT_ONCE = 16;
const LISTED_MAX = 1_000;

type Found<T> = { readonly value: T } | { readonly refusal: LegacyAnswer };

const parsed = <S extends v.GenericSchema>(schema: S, body: unknown): Found<v.InferOutput<S>> => {
  const result = v.safeParse(schema, body);
  if (result.success) return { value: result.output };
  const faults = result.issues.map((issue) => ({
    loc: ['body', ...(v.getDotPath(issue)?.split('.') ?? [])],
    msg: issue.message,
  }));
  return { refusal: detail(422, faults) };
};

const stamp = ({ clock, ids }: LegacyHttpDeps) => ({
  id: ids.next(),
  created_at: new Date(clock.now()).toISOString(),
});

const viewOf = async (job: LegacyJob, { mesh }: LegacyHttpDeps) => {
  const record = await mesh.get(job.id);
  const result = record?.status === 'COMPLETED' ? await mesh.result(record) : undefined;
  return { record, view: jobView(job, record, result) };
};

const postMission = async ({ body }: LegacyRequest, deps: LegacyHttpDeps) => {
  const asked = parsed(MISSION_CREATE, body);
  if ('refusal' in asked) return asked.refusal;
  const value = { ...asked.value, ...stamp(deps), status: 'active' as const };
  await deps.keep({ type: 'mission', value });
  return answer(200, value);
};

const postTask = async ({ body }: LegacyRequest, deps: LegacyHttpDeps, mission = '') => {
  if (!deps.shelf.missions.has(mission)) return missing('Mission');
  const asked = parsed(TASK_CREATE, body);
  if ('refusal' in asked) return asked.refusal;
  const value = { ...asked.value, ...stamp(deps), mission_id: mission };
  await deps.keep({ type: 'task', value });
  return answer(200, value);
};

/** What an earlier job with the same idempotency key means; undefined when there is none. */
const repeated = async (
  asked: Pick<LegacyJob, 'payload' | 'idempotency_key'>,
  deps: LegacyHttpDeps,
): Promise<LegacyAnswer | undefined> => {
  const key = keyIn(asked);
  const existing = key === undefined ? undefined : deps.shelf.keys.get(key);
  if (!existing) return undefined;
  const hash = payloadHash(asked.payload);
  if (payloadHash(existing.payload) !== hash)
    return detail(409, {
      error: 'IDEMPOTENCY_KEY_COLLISION',
      idempotency_key: key,
      existing_job_id: existing.id,
      existing_hash_prefix: 'collision_different_payload',
      new_hash_prefix: hash.slice(0, 8),
    });
  const { view } = await viewOf(existing, deps);
  return answer(200, { ...view, idempotent: true });
};

const envelopeOf = (job: LegacyJob, { tasks, missions }: Shelf): Envelope | undefined => {
  const task = tasks.get(job.task_id);
  const mission = task && missions.get(task.mission_id);
  return task && mission ? envelopeOfLegacyJob(job, task, mission) : undefined;
};

const notTaken = ({ code, message }: BridgeRefusal): LegacyAnswer =>
  detail(422, `the mesh does not take the job: ${code}: ${message}`);

/** Sends a job that is on the shelf; sending it again makes no second job. */
const sendJob = async (job: LegacyJob, { shelf, mesh }: LegacyHttpDeps) => {
  const envelope = envelopeOf(job, shelf);
  return envelope && (await mesh.send(envelope));
};

const postJob = async ({ body }: LegacyRequest, deps: LegacyHttpDeps, task = '') => {
  if (!deps.shelf.tasks.has(task)) return missing('Task');
  const asked = parsed(JOB_CREATE, body);
  if ('refusal' in asked) return asked.refusal;
  const earlier = await repeated(asked.value, deps);
  if (earlier) return earlier;
  const value: LegacyJob = { ...asked.value, ...stamp(deps), task_id: task };
  const envelope = envelopeOf(value, deps.shelf);
  const refusal = envelope && deps.mesh.check(envelope);
  if (refusal) return notTaken(refusal);
  // First: a job that is not on the shelf when the process dies would run and be known to nobody.
  await deps.keep({ type: 'job', value });
  const not = await sendJob(value, deps);
  return not ? notTaken(not) : answer(200, (await viewOf(value, deps)).view);
};

const getJob = async (_request: LegacyRequest, deps: LegacyHttpDeps, id = '') => {
  const job = deps.shelf.jobs.get(id);
  return job ? answer(200, (await viewOf(job, deps)).view) : missing('Job');
};

/**
 * As in the original, an unknown job is not missing here: its result is "not ready". A job that has
 * ended is answered by 200 each time; the original does so once, then by 202.
 */
const syncJob = async (_request: LegacyRequest, deps: LegacyHttpDeps, id = '') => {
  const job = deps.shelf.jobs.get(id);
  if (!job) {
    const message = 'Job not found in storage, result not ready';
    return answer(202, { job_id: id, status: 'processing', message });
  }
  const { record, view } = await viewOf(job, deps);
  return answer(isTerminal(record?.status) ? 200 : 202, view);
};

const dispatchJob = async (_request: LegacyRequest, deps: LegacyHttpDeps, id = '') => {
  const job = deps.shelf.jobs.get(id);
  if (!job) return missing('Job');
  const not = await sendJob(job, deps);
  return not ? notTaken(not) : answer(200, { status: 'queued', job_id: id });
};

const listJobs = async (_request: LegacyRequest, deps: LegacyHttpDeps) => {
  const newest = [...deps.shelf.jobs.values()].slice(-LISTED_MAX);
  const views = await mapPool(newest, READS_AT_ONCE, async (job) => (await viewOf(job, deps)).view);
  return answer(200, views);
};

type Route = (request: LegacyRequest, deps: LegacyHttpDeps, id?: string) => Promise<LegacyAnswer>;

const one =
  <T>(what: string, from: (shelf: Shelf) => ReadonlyMap<string, T>): Route =>
  (_request, { shelf }, id = '') => {
    const found = from(shelf).get(id);
    return Promise.resolve(found ? answer(200, found) : missing(what));
  };
const all =
  <T>(from: (shelf: Shelf) => ReadonlyMap<string, T>): Route =>
  (_request, { shelf }) =>
    Promise.resolve(answer(200, [...from(shelf).values()]));

const ROUTES: readonly (readonly [method: string, path: RegExp, route: Route])[] = [
  ['GET', /^\/api\/missions$/, all(({ missions }) => missions)],
  ['POST', /^\/api\/missions$/, postMission],
  ['GET', /^\/api\/missions\/([^/]+)$/, one('Mission', ({ missions }) => missions)],
  ['POST', /^\/api\/missions\/([^/]+)\/tasks$/, postTask],
  ['GET', /^\/api\/tasks$/, all(({ tasks }) => tasks)],
  ['GET', /^\/api\/tasks\/([^/]+)$/, one('Task', ({ tasks }) => tasks)],
  ['POST', /^\/api\/tasks\/([^/]+)\/jobs$/, postJob],
  ['GET', /^\/api\/jobs$/, listJobs],
  ['GET', /^\/api\/jobs\/([^/]+)$/, getJob],
  ['POST', /^\/api\/jobs\/([^/]+)\/dispatch$/, dispatchJob],
  ['POST', /^\/api\/jobs\/([^/]+)\/sync$/, syncJob],
];

/** Answers a request. Rejects only when the mesh or the shelf cannot be reached. */
export const answerLegacy = (
  request: LegacyRequest,
  deps: LegacyHttpDeps,
): Promise<LegacyAnswer> => {
  const { method, path } = request;
  for (const [of, pattern, route] of ROUTES) {
    const match = of === method && pattern.exec(path);
    if (match) return route(request, deps, match[1]);
  }
  const instead = servedInstead(path);
  return Promise.resolve(
    instead === undefined
      ? detail(404, 'Not Found')
      : detail(501, `${method} ${path} is not served by the bridge: ${instead}`),
  );
};

/** Sends what was put on the shelf by a process that died before it was sent. */
export const sendUnsent = async (deps: LegacyHttpDeps): Promise<number> => {
  const newest = [...deps.shelf.jobs.values()].slice(-LISTED_MAX);
  const sent = await mapPool(newest, READS_AT_ONCE, async (job) => {
    if (await deps.mesh.get(job.id)) return false;
    await sendJob(job, deps);
    return true;
  });
  return sent.filter(Boolean).length;
};
