/** The typed client: sends jobs, waits for their ends, cancels them. */

import type { Envelope } from '#shared/jobs/envelope/envelope.ts';
import { bodyOf, messageOf } from '#shared/jobs/envelope/message.ts';
import { envelopeText, parseOutgoing } from '#shared/jobs/envelope/outgoing.ts';
import { claimCheck, resultOf } from '#shared/jobs/envelope/payload.ts';
import { kindsOf, type TypedJob } from '#shared/jobs/kinds/defineJob.ts';
import type { InputOf, PayloadSchema } from '#shared/jobs/kinds/payloadSchema.ts';
import { type CancelOutcome, cancelJob } from '#shared/jobs/operator/cancel.ts';
import { signalJob } from '#shared/jobs/operator/signal.ts';
import { isTerminal, type JobRecord } from '#shared/jobs/record/record.ts';
import { sendMessages } from '#shared/jobs/sqs/sender.ts';
import type { Json } from '#shared/kernel/json.ts';
import { mapPool } from '#shared/kernel/pool.ts';
import { systemClock, systemIds } from '#shared/kernel/ports.ts';
import { type DeploymentCore, findCore } from './core.ts';
import { JobFailedError, MeshError } from './errors.ts';
import { droppedOf, droppedText, handleOf, type JobHandle, recordOf } from './handle.ts';
import type { TargetOptions } from './target.ts';
import { watchHandles } from './wait.ts';

/** What an envelope may contain beside its kind and its payload. */
export type SendOptions = Omit<Envelope, 'kind' | 'payload' | 'payloadRef' | 'parentId'>;

/**
 * Chooses the deployment. Without options: the embedded cloud that runs here, else stage `dev` in
 * AWS. With `region`: never the embedded cloud. With `stage`: the embedded cloud only when it runs
 * this stage. With `endpoint`: the stack behind an AWS-compatible endpoint.
 */
export type ConnectOptions = TargetOptions;

/** One of the jobs that `sendMany` sends. */
export interface Order<S extends PayloadSchema = PayloadSchema, R = unknown> {
  /** The kind of the job. */
  readonly job: TypedJob<S, R>;
  /** The payload, as the kind's schema takes it. */
  readonly payload: InputOf<S>;
  /** What the envelope says beside kind and payload. */
  readonly options?: SendOptions;
}

/** Options of a signal. */
export interface SignalOptions {
  /** The same signal sent again has the same id; by default a hash of its name and its data. */
  readonly id?: string;
  /** Who sends, for the trace; `client` by default. */
  readonly by?: string;
}

const PREPARED_AT_ONCE = 8;
const FOR_EVER = Number.POSITIVE_INFINITY;

/**
 * A connection to a deployment. A method that takes a handle means the job that was sent. It throws
 * MeshError ID_TAKEN or IDEMPOTENCY_MISMATCH when the id belongs to a job with other content; the
 * message names both.
 */
export interface Mesh {
  /**
   * Sends one job.
   *
   * @throws MeshError PAYLOAD_INVALID or another code for what the worker would refuse, NOT_SENT
   *   when the queue refuses the job
   */
  send<S extends PayloadSchema, R>(
    job: TypedJob<S, R>,
    payload: InputOf<S>,
    options?: SendOptions,
  ): Promise<JobHandle<R>>;
  /**
   * Sends many jobs. Within a group they keep the order given.
   *
   * @throws MeshError for the first job that the worker would refuse, before anything is sent;
   *   NOT_SENT for a job that the queue refused, when others may have been sent
   */
  sendMany(orders: readonly Order[]): Promise<readonly JobHandle[]>;
  /**
   * Waits for a job to complete, and returns its result.
   *
   * @throws JobFailedError when the job ended without a result, MeshError NOT_ENDED after
   *   `timeoutSeconds` (default: no limit)
   */
  result<R>(job: JobHandle<R>, options?: { readonly timeoutSeconds?: number }): Promise<R>;
  /**
   * Waits until all jobs have ended, with or without a result.
   *
   * @throws MeshError NOT_ENDED after `timeoutSeconds` (default: no limit)
   */
  waitFor(
    jobs: readonly JobHandle[],
    options?: { readonly timeoutSeconds?: number },
  ): Promise<readonly JobRecord[]>;
  /**
   * The job's record; undefined when no worker has seen the job yet, or when its record has
   * expired.
   */
  status(job: JobHandle): Promise<JobRecord | undefined>;
  /**
   * Cancels a job that has not ended. A running attempt is told at its next heartbeat.
   *
   * @param reason kept in the job's trace
   * @param by who decides; `client` by default
   */
  cancel(job: JobHandle, reason: string, by?: string): Promise<CancelOutcome>;
  /**
   * Tells a job what it waits for (`waitFor` of the handler). A signal may come before its wait; the
   * first signal of a name is the one. The same signal sent again is once.
   *
   * @throws MeshError SIGNAL_TAKEN when another signal of the name, or the end of the wait, came
   *   first; SIGNAL_INVALID, SIGNAL_TOO_LARGE
   */
  signal(
    job: Pick<JobHandle, 'id'>,
    name: string,
    data?: Json,
    options?: SignalOptions,
  ): Promise<void>;
  /** Closes all connections. The mesh cannot be used after this. */
  close(): void;
}

const prepare = async ({ job, payload, options = {} }: Order, deployment: DeploymentCore) => {
  const given: Envelope = { ...options, kind: job.kind, payload };
  // The worker sees the payload after a round through JSON, so this is what is checked.
  const text = envelopeText(given);
  const checked = text.ok ? parseOutgoing(text.value, kindsOf([job])) : text;
  if (!checked.ok) throw new MeshError(checked.error.code, checked.error.message);
  const envelope = await claimCheck(checked.value.envelope, deployment.blobs);
  const message = messageOf(envelope, bodyOf(envelope), systemIds.next(), traceHeader());
  return { envelope, message };
};

/** Lambda's trace header: a job that is sent from a traced function belongs to its trace. */
const traceHeader = (): string | undefined => process.env['_X_AMZN_TRACE_ID'];

/** The result is the wanted one, but time, queue or callback may differ from these options. */
const warnOfDropped = (job: JobHandle | undefined, record: JobRecord): void => {
  const dropped = job ? droppedOf(job, record) : [];
  if (dropped.length > 0)
    process.emitWarning(droppedText(record.id, dropped), {
      type: 'SheratanWarning',
      code: 'OPTIONS_DROPPED',
    });
};

/** A mesh on an open deployment; `close` closes the deployment. */
export const meshOn = (deployment: DeploymentCore): Mesh => {
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
    signal: async ({ id: job }, name, data = null, { id, by = 'client' } = {}) => {
      const wish = { name, data, id, by };
      const sent = await signalJob(job, wish, { ...deployment, clock: systemClock });
      if (!sent.ok) throw new MeshError(sent.error.code, sent.error.message);
      if (sent.value.kind !== 'taken') return;
      const { first } = sent.value;
      const why = first.kind === 'timeout' ? 'the time of the wait was over' : 'another one came';
      throw new MeshError('SIGNAL_TAKEN', `signal "${name}" of job ${job}: ${why} before`);
    },
    close: () => deployment.close(),
  };
};

/** Connects to a deployment. */
export const Mesh = {
  /**
   * Finds the deployment and opens it.
   *
   * @throws MeshError NO_DEPLOYMENT when there is none; the message says how to get one.
   *   WRONG_VERSION when its stack is not one of this version; MESH_TOO_OLD, MESH_TOO_NEW when client
   *   and mesh are too far apart; MESH_VERSION_INVALID when its outputs hold no version
   */
  connect: async (options: ConnectOptions = {}): Promise<Mesh> => meshOn(await findCore(options)),
};
