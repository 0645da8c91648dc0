/** A job that the mesh sends to a host: whether it may run, and the answer. */

import type { IncomingHttpHeaders } from 'node:http';
import * as v from 'valibot';
import { HOST_HEADERS, type RunOrder, runSchema } from '#shared/dispatch/protocol.ts';
import { verifySignature } from '#shared/jobs/callbacks/signature.ts';
import { PermanentError } from '#shared/jobs/kinds/errors.ts';
import { canonicalJson, type Json, readJson, sha256 } from '#shared/kernel/json.ts';
import { systemClock } from '#shared/kernel/ports.ts';
import { isA, toldOf } from '#shared/kernel/thrown.ts';
import type { HostKind } from './hostKind.ts';

import type { HostAnswer, Runs } from './runs.ts';

export interface OrderOptions {
  readonly kinds: Readonly<Record<string, HostKind>>;
  readonly concurrency: number;
  readonly secret?: string | undefined;
  readonly runs: Runs;
  isDraining(): boolean;
}

const RETRY_AFTER_SECONDS = 1;
/** Time for a run without a deadline: the longest that a job may take. */
const RUN_MS_MAX = 900_000;

/** An answer with a JSON body. */
export const jsonAnswer = (status: number, body: unknown): HostAnswer => ({
  status,
  body: JSON.stringify(body),
});

/** An answer with an error; docs/host-protocol.md lists the codes. */
export const problemAnswer = (status: number, code: string, message: string): HostAnswer =>
  jsonAnswer(status, { error: { code, message } });

/** An answer that asks the caller to come back after a second. */
export const later = (status: number, body: unknown): HostAnswer => ({
  ...jsonAnswer(status, body),
  headers: { 'retry-after': String(RETRY_AFTER_SECONDS) },
});

type Headers = IncomingHttpHeaders;
const one = (headers: Headers, name: string): string => String(headers[name] ?? '');

/** The order, or the answer that refuses it. */
const read = (
  headers: Headers,
  body: string,
  secret: string | undefined,
): RunOrder | HostAnswer => {
  const id = one(headers, HOST_HEADERS.id);
  const now = systemClock.now();
  if (secret !== undefined && !verifySignature(headers, { secret, body }, now))
    return problemAnswer(
      401,
      'SIGNATURE_INVALID',
      `${HOST_HEADERS.signature} is not by this secret`,
    );
  const order = v.safeParse(runSchema, readJson(body));
  if (!order.success) {
    const [issue] = order.issues;
    return problemAnswer(400, 'BODY_INVALID', `${v.getDotPath(issue) ?? 'body'}: ${issue.message}`);
  }
  return order.output.jobId === id
    ? order.output
    : problemAnswer(400, 'ID_DIFFERS', `${HOST_HEADERS.id} and jobId must be the same`);
};

const failed = (error: unknown): HostAnswer => {
  const isFinal = isA(error, PermanentError);
  const { code, message } = toldOf(error, !isFinal);
  const isNamed = code !== 'Error' && code !== 'THROWN';
  return problemAnswer(isFinal ? 422 : 500, isNamed ? code : 'RUN_FAILED', message);
};

const execute = async (
  kind: HostKind,
  order: RunOrder,
  context: { readonly signal: AbortSignal; readonly deadline: number; readonly trace?: string },
): Promise<HostAnswer> => {
  const { jobId, attempt, input } = order;
  try {
    const result = await kind(input as Json, { jobId, attempt, ...context });
    return jsonAnswer(200, { result: result ?? null });
  } catch (error) {
    return failed(error);
  }
};

const tooLate = problemAnswer(504, 'DEADLINE_PASSED', 'the deadline passed before the run ended');

/** Resolves with the run, or when the deadline passes; the run itself may go on. */
const underDeadline = async (
  run: Promise<HostAnswer>,
  signal: AbortSignal,
): Promise<HostAnswer> => {
  const { promise, resolve } = Promise.withResolvers<HostAnswer>();
  const onAbort = (): void => resolve(tooLate);
  signal.addEventListener('abort', onAbort, { once: true });
  try {
    return await Promise.race([run, promise]);
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
};

const digestOf = ({ kind, input }: RunOrder): string =>
  sha256(canonicalJson({ kind, input: (input ?? null) as Json }));

const begin = (order: RunOrder, headers: Headers, options: OrderOptions): HostAnswer | Begun => {
  const { kinds, concurrency, runs } = options;
  const kind = Object.hasOwn(kinds, order.kind) ? kinds[order.kind] : undefined;
  if (!kind) return problemAnswer(501, 'KIND_UNKNOWN', `this host has no kind ${order.kind}`);
  const given = Number(one(headers, HOST_HEADERS.deadline));
  const now = systemClock.now();
  const deadline = given > 0 ? Math.min(given, now + RUN_MS_MAX) : now + RUN_MS_MAX;
  if (deadline <= now) return tooLate;
  const signal = AbortSignal.timeout(deadline - now);
  const digest = digestOf(order);
  const before = runs.find(order.jobId, digest);
  if (before === 'other')
    return problemAnswer(409, 'ID_TAKEN', `${order.jobId} was run with another kind or input`);
  if (before !== undefined) return { run: before, signal };
  if (options.isDraining() || runs.active() >= concurrency)
    return later(503, { error: { code: 'BUSY', message: 'this host takes nothing more for now' } });
  const trace = one(headers, HOST_HEADERS.trace);
  const context = { signal, deadline, ...(trace !== '' && { trace }) };
  return { run: runs.start(order.jobId, digest, () => execute(kind, order, context)), signal };
};

interface Begun {
  readonly run: Promise<HostAnswer>;
  readonly signal: AbortSignal;
}

/** Checks an order and runs it. Never rejects: every failure is an answer. */
export const runOrder = async (
  headers: Headers,
  body: string,
  options: OrderOptions,
): Promise<HostAnswer> => {
  const order = read(headers, body, options.secret);
  if ('status' in order) return order;
  const begun = begin(order, headers, options);
  return 'status' in begun ? begun : underDeadline(begun.run, begun.signal);
};
