/**
 * The mesh by HTTP: send a job, read it, cancel it. Who may call is decided before, by IAM.
 */
import { byteLength, isJsonObject, readJson } from '#shared/kernel/json.ts';
import { LIMITS } from '#shared/kernel/limits.ts';
import type { Clock, Ids, Logger } from '#shared/kernel/ports.ts';
import { thrownText } from '#shared/kernel/thrown.ts';
import { type Envelope, hintsOf, jobIdOf } from '../envelope/envelope.ts';
import { bodyOf, messageOf } from '../envelope/message.ts';
import { parseOutgoing } from '../envelope/outgoing.ts';
import { claimCheck, resultOf } from '../envelope/payload.ts';
import { kindsOf } from '../kinds/defineJob.ts';
import { cancelJob } from '../operator/cancel.ts';
import type { Blobs, JobStore, Outgoing, Visibility } from '../ports/jobs.ts';
import type { UrlAnswer } from '../ports/urlAnswer.ts';
import type { JobRecord } from '../record/record.ts';

/** A request whose sender IAM has let in. */
export interface ApiRequest {
  readonly method: string;
  readonly path: string;
  readonly body: string;
  /** ARN of who asks. */
  readonly by: string;
}

/** What the answers need. */
export interface ApiDeps {
  readonly store: JobStore;
  readonly outgoing: Outgoing;
  readonly blobs: Blobs;
  readonly visibility: Visibility;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly logger: Logger;
}

/** Lambda answers 6 MB at most; the rest is for the headers. */
const ANSWER_BYTES_MAX = 6_000_000;

const JSON_TYPE = { 'content-type': 'application/json' };

const answer = (status: number, value: object): UrlAnswer => ({
  status,
  headers: JSON_TYPE,
  body: JSON.stringify(value),
});

/** A problem as RFC 9457 describes them, with the code of the mesh. */
const problem = (
  status: number,
  code: string,
  detail: string,
  headers: Readonly<Record<string, string>> = {},
): UrlAnswer => ({
  status,
  headers: { 'content-type': 'application/problem+json', ...headers },
  body: JSON.stringify({ type: 'about:blank', status, code, detail }),
});

const ANY = { version: 1, vendor: 'sheratan' } as const;

const STATUS: Readonly<Record<string, number>> = { NOT_JSON: 400, TOO_LARGE: 413 };

const pathOf = (id: string): string => `/jobs/${encodeURIComponent(id)}`;

/** Without a name of the sender's own, the job needs one that the answer can tell. */
const named = (envelope: Envelope, { ids }: ApiDeps): Envelope =>
  envelope.id === undefined && envelope.idempotencyKey === undefined
    ? { ...envelope, id: ids.next() }
    : envelope;

/** The mesh judges the payload: here nothing is known of the kinds of a project. */
const kindOfAny = (body: string) => {
  const { kind } = hintsOf(body);
  const payload = { '~standard': { ...ANY, validate: (value: unknown) => ({ value }) } };
  const run = () => Promise.reject(new Error('jobs run in the worker'));
  return kindsOf(kind === undefined ? [] : [{ kind, payload, run }]);
};

const postJob = async ({ body }: ApiRequest, deps: ApiDeps): Promise<UrlAnswer> => {
  const checked = parseOutgoing(body, kindOfAny(body));
  if (!checked.ok) {
    const { code, message } = checked.error;
    return problem(STATUS[code] ?? 422, code, message);
  }
  const envelope = await claimCheck(named(checked.value.envelope, deps), deps.blobs);
  const message = messageOf(envelope, bodyOf(envelope), '');
  const [refused] = await deps.outgoing.send([message]);
  if (refused) return problem(422, refused.code, refused.reason);
  const id = jobIdOf(envelope, '');
  return { ...answer(202, { id }), headers: { ...JSON_TYPE, location: pathOf(id) } };
};

const viewOf = async (record: JobRecord, { blobs }: ApiDeps) => {
  const { id, kind, status, attempt, createdAt, updatedAt, error } = record;
  const result = status === 'COMPLETED' ? await resultOf(record, blobs) : undefined;
  return {
    id,
    kind,
    status,
    attempt,
    createdAt: new Date(createdAt).toISOString(),
    updatedAt: new Date(updatedAt).toISOString(),
    ...(result !== undefined && { result }),
    ...(error && { error: { code: error.code, message: error.message } }),
  };
};

const unknown = (id: string): UrlAnswer =>
  problem(
    404,
    'JOB_UNKNOWN',
    `no record of job ${id}: it waits in its queue, was never sent, or its record has expired`,
  );

const getJob = async (_request: ApiRequest, deps: ApiDeps, id: string): Promise<UrlAnswer> => {
  const record = await deps.store.get(id);
  if (!record) return unknown(id);
  const view = await viewOf(record, deps);
  const whole = answer(200, view);
  // The body is a text within Lambda's answer: what must be escaped there takes more bytes.
  if (record.resultRef === undefined || byteLength(JSON.stringify(whole.body)) <= ANSWER_BYTES_MAX)
    return whole;
  const { result: _result, ...rest } = view;
  return answer(200, { ...rest, resultKey: record.resultRef });
};

const cancel = async ({ by, body }: ApiRequest, deps: ApiDeps, id: string): Promise<UrlAnswer> => {
  const given = readJson(body);
  const reason = isJsonObject(given) ? given['reason'] : undefined;
  if (typeof reason !== 'string' || reason === '' || reason.length > LIMITS.errorMessageMax)
    return problem(422, 'REASON_MISSING', 'reason: a text that says why, for the trace of the job');
  const outcome = await cancelJob(id, { by, reason }, deps);
  if (outcome.kind !== 'finished') return answer(202, { id, outcome: outcome.kind });
  return problem(409, 'JOB_ENDED', `job ${id} has ended before: ${outcome.record.status}`);
};

type Route = (request: ApiRequest, deps: ApiDeps, id: string) => Promise<UrlAnswer>;

const ROUTES: readonly (readonly [method: string, path: RegExp, route: Route])[] = [
  ['POST', /^\/jobs$/, postJob],
  ['GET', /^\/jobs\/([^/]+)$/, getJob],
  ['POST', /^\/jobs\/([^/]+)\/cancel$/, cancel],
];

/** An id as it stands in a path; undefined when it is no id. */
const idIn = (part = ''): string | undefined => {
  try {
    return decodeURIComponent(part);
  } catch {
    return undefined;
  }
};

const routed = async (request: ApiRequest, deps: ApiDeps): Promise<UrlAnswer> => {
  const { method, path } = request;
  const found = ROUTES.filter(([, pattern]) => pattern.test(path));
  if (found.length === 0) return problem(404, 'NOT_FOUND', `there is nothing at ${path}`);
  const [, pattern, route] = found.find(([of]) => of === method) ?? [];
  if (!pattern || !route)
    return problem(405, 'METHOD', `${method} is not possible at ${path}`, {
      allow: found.map(([of]) => of).join(', '),
    });
  const id = idIn(pattern.exec(path)?.[1]);
  return id === undefined ? unknown(path) : route(request, deps, id);
};

/** Answers a request, always by JSON. Rejects never: a fault that passes is answered by 503, and logged. */
export const answerApi = async (request: ApiRequest, deps: ApiDeps): Promise<UrlAnswer> => {
  try {
    return await routed(request, deps);
  } catch (error) {
    const reason = thrownText(error);
    deps.logger.error('request not answered', { path: request.path, reason });
    const detail = 'the mesh could not do it now: send the same request again';
    return problem(503, 'TRY_AGAIN', detail, { 'retry-after': '5' });
  }
};
