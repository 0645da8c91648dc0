/**
 * `sheratan/testing`: runs a kind without a queue, and a whole mesh for the time of a test.
 *
 * @module sheratan/testing
 */

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { checkPayload, type Envelope } from '#shared/jobs/envelope/envelope.ts';
import type { JobContext, TypedJob } from '#shared/jobs/kinds/defineJob.ts';
import type { InputOf, PayloadSchema } from '#shared/jobs/kinds/payloadSchema.ts';
import type { Suspension } from '#shared/jobs/steps/run.ts';
import type { Steps } from '#shared/jobs/steps/stepTypes.ts';
import { systemClock } from '#shared/kernel/ports.ts';
import { MeshError } from './errors.ts';
import type { Mesh } from './mesh.ts';
import { QUIET } from './quiet.ts';
import { createStage, type Outside, type Stage, type TestStep } from './testStage.ts';

export type { Outside, TestStep } from './testStage.ts';

/** What a run did. */
export interface TestRun<R> {
  /** What the handler returned. */
  readonly result: R;
  /** The jobs that the handler enqueued, in order. */
  readonly enqueued: readonly Envelope[];
  /** The handler's reports of progress, in order; `fraction` from 0 to 1. */
  readonly progress: readonly { readonly fraction: number; readonly note?: string | undefined }[];
  /** The steps and waits of the run, in the order in which they ended. */
  readonly journal: readonly TestStep[];
}

/** What a test gives to a run: parts of the handler's context, and what comes from outside. */
export type TestContext = Partial<JobContext> & Outside;

const missing = (name: string): never => {
  throw new MeshError('NO_SERVICE', `this run has no ${name}: give one in the context`);
};

/** Services of the context that throw until the test gives its own. */
const services: Pick<JobContext, 'workspaces' | 'http' | 'dispatch'> = {
  workspaces: {
    list: () => missing('workspaces'),
    read: () => missing('workspaces'),
    write: () => missing('workspaces'),
  },
  http: { request: () => missing('http') },
  dispatch: () => missing('dispatch'),
};

interface Failed {
  readonly error: unknown;
}

/** Lets time pass, or begins to take steps back. @throws the error of the handler, in the end */
const goOn = async (
  ended: Suspension | Failed,
  stage: Stage,
  failed: Failed | undefined,
  owing: boolean,
): Promise<Failed | undefined> => {
  if ('wait' in ended) {
    await stage.pass(ended);
    return failed;
  }
  if (!owing) throw ended.error;
  return ended;
};

const settled = <R>(handler: Promise<unknown>) =>
  handler.then(
    (result) => ({ result: result as R }),
    (error: unknown) => ({ error }),
  );

/** The handler's context but for its steps, its signal and its clock. */
const contextOf = (
  jobId: string,
  enqueued: Envelope[],
  progress: { fraction: number; note?: string | undefined }[],
): Omit<JobContext, keyof Steps | 'signal' | 'clock'> => ({
  jobId,
  attempt: 1,
  snoozes: 0,
  correlationId: jobId,
  logger: QUIET,
  progress: (fraction, note) => void progress.push({ fraction, note }),
  results: () => Promise.resolve(undefined),
  enqueue: (child) => {
    enqueued.push(child);
    return child.id ?? `${jobId}.${enqueued.length}`;
  },
  ...services,
});

/**
 * Checks the payload by the kind's schema and runs the handler. A handler that waits runs again
 * when its wait is over, as in a mesh, but at once: the clock of the run is put forward. Errors of
 * the handler (RetryableError, PermanentError, Snooze, …) are thrown, after its steps were taken
 * back.
 *
 * @param context replaces parts of the handler's context, such as `http`, and says what comes from
 *   outside: signals, results of called jobs, steps that fail
 * @throws MeshError PAYLOAD_INVALID; NO_SERVICE when the handler uses a service, or calls a kind,
 *   that `context` lacks; NEVER_WOKEN when it waits for a signal that `context` does not have
 */
export const runJob = async <S extends PayloadSchema, R>(
  job: TypedJob<S, R>,
  payload: InputOf<S>,
  context: TestContext = {},
): Promise<TestRun<R>> => {
  const checked = checkPayload(job, payload);
  if (!checked.ok) throw new MeshError(checked.error.code, checked.error.message);
  const { signals, calls, failures, budget, ...given } = context;
  const jobId = given.jobId ?? 'test-job';
  const signal = given.signal ?? new AbortController().signal;
  const stage = createStage({ signals, calls, failures, budget }, given.clock ?? systemClock);
  let failed: Failed | undefined;
  for (;;) {
    const enqueued: Envelope[] = [];
    const progress: { fraction: number; note?: string | undefined }[] = [];
    const of = { id: jobId, retry: job.retry, signal };
    const { steps, suspended, unwound, handled, owes, stop } = stage.begin(
      of,
      failed !== undefined,
    );
    const handler = job.run(checked.value, {
      ...contextOf(jobId, enqueued, progress),
      ...steps,
      ...given,
      signal,
      clock: stage.clock,
    });
    const undone = unwound.then(() => ({ error: failed?.error }));
    handler.then(handled, handled);
    const ended = await Promise.race([failed ? undone : settled<R>(handler), suspended]);
    const owing = failed === undefined && owes();
    stop();
    if ('result' in ended) return { ...ended, enqueued, progress, journal: stage.journal() };
    failed = await goOn(ended, stage, failed, owing);
  }
};

/** What a mesh for tests runs. */
export interface TestMeshOptions {
  /**
   * Path of the module that exports the kinds, relative to the working directory; `jobs/index.ts`
   * by default.
   */
  readonly kinds?: string;
}

/** A mesh in the test's own process. */
export interface TestMesh {
  /** A connection to the mesh; `stop` closes it. */
  readonly mesh: Mesh;
  /**
   * Environment variables of the SDK with the endpoints of this mesh, for programs in other
   * languages.
   */
  readonly env: Readonly<Record<string, string>>;
  /**
   * Names and URLs of the mesh's queues, tables and buckets, as a deployment has them in its
   * outputs.
   */
  readonly outputs: Readonly<Record<string, string>>;
  /** Ends the mesh; its data is lost. */
  stop(): Promise<void>;
}

/**
 * Starts a mesh in this process: queues, tables, functions. Two meshes in one process do not see
 * each other, nor the mesh of `sheratan dev`.
 *
 * @throws KindsError when the kinds do not compile or cannot be loaded, LocalCloudError when this
 *   machine cannot serve tables
 */
export const startMesh = async ({ kinds }: TestMeshOptions = {}): Promise<TestMesh> => {
  const [{ startCloud }, { meshOn }, { openEmbedded }, { assemblyFor }, own] = await Promise.all([
    import('#emulator/cloud.ts'),
    import('./mesh.ts'),
    import('./deployment.ts'),
    import('./dev/assembly.ts'),
    import('./dev/ownKinds.ts'),
  ]);
  const module = own.findKinds(process.cwd(), kinds);
  const scratch = mkdtempSync(join(tmpdir(), 'sheratan-kinds-'));
  const builder = module === undefined ? undefined : await own.openOwnKinds(module, scratch);
  try {
    const worker = await builder?.build();
    const cloud = await startCloud({
      assemblyDir: await assemblyFor('dev'),
      ...(worker && { code: { [own.WORKER]: worker.dir } }),
    });
    const { stackName, outputs, clientEnv } = cloud;
    const mesh = meshOn(openEmbedded({ pid: process.pid, stackName, outputs, clientEnv }));
    return {
      mesh,
      env: clientEnv,
      outputs,
      stop: async () => {
        mesh.close();
        await cloud.stop();
        rmSync(scratch, { recursive: true, force: true });
      },
    };
  } catch (error) {
    rmSync(scratch, { recursive: true, force: true });
    throw error;
  } finally {
    await builder?.close();
  }
};
