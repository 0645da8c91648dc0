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
import type { Blobs } from '#shared/jobs/ports/jobs.ts';
import type { KeptStep, StepStore, Wait } from '#shared/jobs/steps/kept.ts';
import { createSteps } from '#shared/jobs/steps/steps.ts';
import { type Clock, systemClock } from '#shared/kernel/ports.ts';
import { MeshError } from './errors.ts';
import type { Mesh } from './mesh.ts';
import { QUIET } from './quiet.ts';

/** What a run did. */
export interface TestRun<R> {
  /** What the handler returned. */
  readonly result: R;
  /** The jobs that the handler enqueued, in order. */
  readonly enqueued: readonly Envelope[];
  /** The handler's reports of progress, in order; `fraction` from 0 to 1. */
  readonly progress: readonly { readonly fraction: number; readonly note?: string | undefined }[];
}

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

/** What the steps of a test are kept in. */
const memorySteps = (): { readonly stepStore: StepStore; readonly blobs: Blobs } => {
  const steps = new Map<string, KeptStep>();
  const texts = new Map<string, string>();
  return {
    stepStore: {
      read: () => Promise.resolve([...steps.values()]),
      keep: (_of, step) => {
        steps.set(step.name, steps.get(step.name) ?? step);
        return Promise.resolve(steps.get(step.name) ?? step);
      },
    },
    blobs: {
      put: (key, text) => Promise.resolve(void texts.set(key, text)),
      get: (key) => Promise.resolve(texts.get(key)),
    },
  };
};

/** A clock that goes on from `clock` and can be put forward. */
const virtualClock = (clock: Clock) => {
  let ahead = 0;
  return {
    now: () => clock.now() + ahead,
    /** @param time ms since the epoch */
    advanceTo: (time: number): void => {
      ahead += Math.max(0, time - clock.now() - ahead);
    },
  };
};

/**
 * Checks the payload by the kind's schema and runs the handler. A handler that waits runs again
 * when its wait is over, as in a mesh, but at once: the clock of the run is put forward. Errors of
 * the handler (RetryableError, PermanentError, Snooze, …) are thrown.
 *
 * @param context replaces parts of the handler's context, such as `http`
 * @throws MeshError PAYLOAD_INVALID, NO_SERVICE when the handler uses a service that `context`
 *   lacks
 */
export const runJob = async <S extends PayloadSchema, R>(
  job: TypedJob<S, R>,
  payload: InputOf<S>,
  context: Partial<JobContext> = {},
): Promise<TestRun<R>> => {
  const checked = checkPayload(job, payload);
  if (!checked.ok) throw new MeshError(checked.error.code, checked.error.message);
  const jobId = context.jobId ?? 'test-job';
  const time = virtualClock(context.clock ?? systemClock);
  const journal = memorySteps();
  let wait: Wait | undefined;
  for (;;) {
    const enqueued: Envelope[] = [];
    const progress: { fraction: number; note?: string | undefined }[] = [];
    const signal = context.signal ?? new AbortController().signal;
    const of = { id: jobId, messageId: jobId, generation: 0, leaseId: jobId, wait, signal };
    const deps = { ...journal, clock: time, random: { next: () => 0 } };
    const run = createSteps({ ...of, resumed: true, retry: job.retry }, deps);
    const given = {
      jobId,
      attempt: 1,
      snoozes: 0,
      correlationId: jobId,
      logger: QUIET,
      progress: (fraction: number, note?: string) => void progress.push({ fraction, note }),
      results: () => Promise.resolve(undefined),
      enqueue: (child: Envelope) => {
        enqueued.push(child);
        return child.id ?? `${jobId}.${enqueued.length}`;
      },
      ...services,
      ...run.steps,
      ...context,
      signal,
      clock: time,
    };
    const finished = job.run(checked.value, given).then((result) => ({ result: result as R }));
    const ended = await Promise.race([finished, run.suspended]);
    run.stop();
    if ('result' in ended) return { ...ended, enqueued, progress };
    wait = ended;
    time.advanceTo(Math.min(...ended.for.map(({ until }) => until)));
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
