/** The typed client: sends jobs, waits for their ends, cancels them. */
import type * as v from 'valibot';
import type { Envelope } from '#shared/jobs/envelope/envelope.ts';
import { bodyOf, messageOf } from '#shared/jobs/envelope/message.ts';
import { envelopeText, parseOutgoing } from '#shared/jobs/envelope/outgoing.ts';
import { claimCheck, resultOf } from '#shared/jobs/envelope/payload.ts';
import { kindsOf, type TypedJob } from '#shared/jobs/kinds/defineJob.ts';
import { type CancelOutcome, cancelJob } from '#shared/jobs/operator/cancel.ts';
import { isTerminal, type JobRecord } from '#shared/jobs/record/record.ts';
import { sendMessages } from '#shared/jobs/sqs/sender.ts';
import { mapPool } from '#shared/kernel/pool.ts';
import { systemClock, systemIds } from '#shared/kernel/ports.ts';
import { type Deployment, findDeployment } from './deployment.ts';
import { JobFailedError, MeshError } from './errors.ts';
import { droppedOf, droppedText, handleOf, type JobHandle, recordOf } from './handle.ts';
import type { TargetOptions } from './target.ts';
import { watchHandles } from './wait.ts';

/** Everything an envelope may say beside its kind and its payload. */
export type SendOptions = Omit<Envelope, 'kind' | 'payload' | 'payloadRef' | 'parentId'>;

/**
 * Which deployment: by default the embedded cloud that runs here, else stage `dev` in AWS. With
 * `region` never the embedded cloud, with `stage` only where it is the embedded cloud's own; with
 * `endpoint` the stack that an AWS-compatible endpoint holds.
 */
export type ConnectOptions = TargetOptions;

/** One of many jobs to send. */
export interface Order<S extends v.GenericSchema = v.GenericSchema, R = unknown> {
  readonly job: TypedJob<S, R>;
  readonly payload: v.InferInput<S>;
  readonly options?: SendOptions;
}

const PREPARED_AT_ONCE = 8;
const FOR_EVER = Number.POSITIVE_INFINITY;

/**
 * Each method that takes a handle is about the very job that was sent, and throws MeshError ID_TAKEN
 * or IDEMPOTENCY_MISMATCH when its id belongs to a job with other content, naming both.
 */
export interface Mesh {
  /** @throws MeshError when the payload breaks the kind's schema, or the queue refuses the job. */
  send<S extends v.GenericSchema, R>(
    job: TypedJob<S, R>,
    payload: v.InferInput<S>,
    options?: SendOptions,
  ): Promise<JobHandle<R>>;
  /** In the order given, within each group. @throws MeshError before anything is sent, or naming what was not. */
  sendMany(orders: readonly Order[]): Promise<readonly JobHandle[]>;
  /**
   * The result of a job, once it has completed.
   * @throws JobFailedError when it ended otherwise, MeshError NOT_ENDED after `timeoutSeconds`.
   */
  result<R>(job: JobHandle<R>, options?: { readonly timeoutSeconds?: number }): Promise<R>;
  /** Resolves when all have ended, however. @throws MeshError NOT_ENDED after `timeoutSeconds`. */
  waitFor(
    jobs: readonly JobHandle[],
    options?: { readonly timeoutSeconds?: number },
  ): Promise<readonly JobRecord[]>;
  /** undefined: no worker has seen it yet, or its record has expired. */
  status(job: JobHandle): Promise<JobRecord | undefined>;
  cancel(job: JobHandle, reason: string, by?: string): Promise<CancelOutcome>;
  close(): void;
}

const prepare = async ({ job, payload, options = {} }: Order, deployment: Deployment) => {
  const given: Envelope = { ...options, kind: job.kind, payload };
  // What JSON makes of it is what the worker will see.
  const text = envelopeText(given);
  const checked = text.ok ? parseOutgoing(text.value, kindsOf([job])) : text;
  if (!checked.ok) throw new MeshError(checked.error.code, checked.error.message);
  const envelope = await claimCheck(checked.value.envelope, deployment.blobs);
  const message = messageOf(envelope, bodyOf(envelope), systemIds.next(), traceHeader());
  return { envelope, message };
};

/** Lambda's own; a job sent from a traced function belongs to its trace. */
const traceHeader = (): string | undefined => process.env['_X_AMZN_TRACE_ID'];

/** The result is what was asked for; when, where or to whom it was told may not be. */
const warnOfDropped = (job: JobHandle | undefined, record: JobRecord): void => {
  const dropped = job ? droppedOf(job, record) : [];
  if (dropped.length > 0)
    process.emitWarning(droppedText(record.id, dropped), {
      type: 'SheratanWarning',
      code: 'OPTIONS_DROPPED',
    });
};

/** A mesh on a deployment that is open already. */
export const meshOn = (deployment: Deployment): Mesh => {
  const sendMany = async (orders: readonly Order[]): Promise<readonly JobHandle[]> => {
    const ready = await mapPool(orders, PREPARED_AT_ONCE, (order) => prepare(order, deployment));
    const messages = ready.map(({ message }) => message);
    const outcomes = await sendMessages(messages, deployment);
    return ready.map(({ envelope }, index) => {
      const outcome = outcomes[index];
      if (outcome?.kind === 'sent') return handleOf(envelope, outcome.messageId);
      const reason = outcome?.message ?? 'the queue did not answer for it';
      throw new MeshError('NOT_SENT', `job ${index + 1} of ${orders.length}: ${reason}`);
    });
  };

  const waitFor: Mesh['waitFor'] = async (jobs, { timeoutSeconds } = {}) => {
    const timeoutMs = timeoutSeconds === undefined ? FOR_EVER : timeoutSeconds * 1_000;
    const seen = await watchHandles(deployment, { jobs, timeoutMs });
    const refusal = seen.find((each) => each.refusal)?.refusal;
    if (refusal) throw refusal;
    const ended = seen.flatMap(({ record }) =>
      record && isTerminal(record.status) ? [record] : [],
    );
    ended.forEach((record, index) => {
      warnOfDropped(jobs[index], record);
    });
    if (ended.length === jobs.length) return ended;
    const open = jobs.length - ended.length;
    throw new MeshError('NOT_ENDED', `${open} of ${jobs.length} jobs had not ended in time`);
  };

  const status: Mesh['status'] = (job) => recordOf(job, deployment.store, systemClock.now());

  return {
    sendMany,
    waitFor,
    send: async (job, payload, options = {}) => {
      const [handle] = await sendMany([{ job, payload, options } as Order]);
      return handle as JobHandle<never>;
    },
    result: async <R>(
      job: JobHandle<R>,
      options?: { readonly timeoutSeconds?: number },
    ): Promise<R> => {
      const [record] = await waitFor([job], options);
      if (record?.status !== 'COMPLETED') throw new JobFailedError(record as JobRecord);
      return (await resultOf(record, deployment.blobs)) as R;
    },
    status,
    cancel: async (job, reason, by = 'client') => {
      const { id } = (await status(job)) ?? job;
      return cancelJob(id, { by, reason }, { ...deployment, clock: systemClock });
    },
    close: () => deployment.close(),
  };
};

export const Mesh = {
  /** @throws MeshError NO_DEPLOYMENT, saying how to get one. */
  connect: async (options: ConnectOptions = {}): Promise<Mesh> =>
    meshOn(await findDeployment(options)),
};
