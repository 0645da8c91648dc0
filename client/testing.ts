/** For tests of one's own kinds: a run without queue or table, as the worker would make it. */
import type * as v from 'valibot';
import { checkPayload, type Envelope } from '#shared/jobs/envelope/envelope.ts';
import type { JobContext, TypedJob } from '#shared/jobs/kinds/defineJob.ts';
import { systemClock } from '#shared/kernel/ports.ts';
import { MeshError } from './errors.ts';

export interface TestRun<R> {
  readonly result: R;
  /** What the handler enqueued, in order. */
  readonly enqueued: readonly Envelope[];
  readonly progress: readonly { readonly fraction: number; readonly note?: string | undefined }[];
}

const quiet = (): void => undefined;

const missing = (name: string): never => {
  throw new MeshError('NO_SERVICE', `this run has no ${name}: give one in the context`);
};

/** Every service a handler might use says that it was not given. */
const services: Pick<JobContext, 'workspaces' | 'http' | 'dispatch'> = {
  workspaces: {
    list: () => missing('workspaces'),
    read: () => missing('workspaces'),
    write: () => missing('workspaces'),
  },
  http: { request: () => missing('http') },
  dispatch: () => missing('dispatch'),
};

/**
 * Checks the payload by the kind's schema and runs the handler once. What it throws (RetryableError,
 * PermanentError, Snooze, …) is thrown.
 * @throws MeshError PAYLOAD_INVALID
 */
export const runJob = async <S extends v.GenericSchema, R>(
  job: TypedJob<S, R>,
  payload: v.InferInput<S>,
  context: Partial<JobContext> = {},
): Promise<TestRun<R>> => {
  const checked = checkPayload(job, payload);
  if (!checked.ok) throw new MeshError(checked.error.code, checked.error.message);
  const enqueued: Envelope[] = [];
  const progress: { fraction: number; note?: string | undefined }[] = [];
  const jobId = context.jobId ?? 'test-job';
  const result = await job.run(checked.value, {
    jobId,
    attempt: 1,
    snoozes: 0,
    correlationId: jobId,
    signal: new AbortController().signal,
    logger: { debug: quiet, info: quiet, warn: quiet, error: quiet },
    clock: systemClock,
    progress: (fraction, note) => void progress.push({ fraction, note }),
    results: () => Promise.resolve(undefined),
    enqueue: (child) => {
      enqueued.push(child);
      return child.id ?? `${jobId}.${enqueued.length}`;
    },
    ...services,
    ...context,
  });
  return { result: result as R, enqueued, progress };
};
