/** A kind of job: its name, the schema of its payload, its defaults and its handler. */
import * as v from 'valibot';
import type { Task } from '#shared/dispatch/ports.ts';
import { assert } from '#shared/kernel/assert.ts';
import type { Json } from '#shared/kernel/json.ts';
import { KIND_LIMITS } from '#shared/kernel/kindLimits.ts';
import type { Clock, Logger } from '#shared/kernel/ports.ts';
import { reasonOf } from '#shared/kernel/schemaIssue.ts';
import { type RetryPolicyInput, retrySchema } from '../envelope/retryPolicy.ts';
import type { Envelope } from '../envelope/schema.ts';
import type { HttpClient } from '../ports/jobs.ts';
import type { Workspaces } from '../ports/workspaces.ts';
import type { Steps } from '../steps/stepTypes.ts';
import type { OutputOf, PayloadSchema } from './payloadSchema.ts';
import { pathFault } from './sensitive.ts';

/** What a handler gets beside the payload. */
export interface JobContext extends Steps {
  /** The id of the job; the same for each of its attempts. */
  readonly jobId: string;
  /** 1 for the first run. */
  readonly attempt: number;
  /** How often the job was snoozed. */
  readonly snoozes: number;
  /**
   * The same id for a job and all its children: the job's own id, unless its envelope names one.
   */
  readonly correlationId: string;
  /**
   * Aborted at the timeout, on cancellation and when the lease is lost. Pass it to all that waits.
   */
  readonly signal: AbortSignal;
  /** Writes log lines with the ids of the job. */
  readonly logger: Logger;
  /** Reports a fraction from 0 to 1 and a note; people see the latest report. */
  readonly progress: (fraction: number, note?: string) => void;
  /** The result of another job; undefined when the job has not completed, or returned nothing. */
  readonly results: (jobId: string) => Promise<Json | undefined>;
  /**
   * Sends a child if, and only if, this job completes; returns the child's id.
   * @throws EnqueueError when the child could not run
   */
  readonly enqueue: (job: Envelope) => string;
  /**
   * Gives a task to a host of the mesh and returns the host's result; once for each job. The job's
   * cost pays the host; for a job without a cost, only free hosts are asked.
   */
  readonly dispatch: (task: Task) => Promise<Json | undefined>;
  /** The time; a test may set it. */
  readonly clock: Clock;
  /** Files in the deployment's bucket. */
  readonly workspaces: Workspaces;
  /** Outbound HTTP that cannot reach private or metadata addresses. */
  readonly http: HttpClient;
}

/** A kind, as the worker knows it. */
export interface JobDefinition {
  /** The name of the kind: a letter, then up to 63 letters, digits, `.`, `_` or `-`. */
  readonly kind: string;
  /** A Standard Schema of the payload (valibot, zod, arktype, …). A payload that breaks the schema quarantines the job. */
  readonly payload: PayloadSchema;
  /** The longest attempt, in seconds, unless the envelope gives another time; 300 by default. */
  readonly timeoutSeconds?: number;
  /** How failed attempts are tried again, unless the envelope says otherwise. */
  readonly retry?: RetryPolicyInput;
  /**
   * Whether a result may name follow-up jobs (docs/flows.md); false by default. Set it only for a
   * kind whose results you trust: whoever can write such a result can run any job of the mesh.
   */
  readonly followUps?: boolean;
  /**
   * What becomes of the job's group while a run has stopped to wait: `hold`, the default, keeps the
   * jobs behind it waiting; `release` lets them go on. Waits up to 15 minutes always hold.
   */
  readonly onWait?: 'hold' | 'release';
  /**
   * The version of the handler's steps. A job that goes on under another version than it stopped
   * under is treated by `onChange`.
   */
  readonly version?: string | number;
  /**
   * What becomes of a job whose steps have changed while it waited: another `version`, or a kept
   * step that the handler no longer asks for. `continue`, the default, goes on and notes it; `fail`
   * makes the job DEAD with PROGRAM_CHANGED.
   */
  readonly onChange?: 'continue' | 'fail';
  /**
   * Fields of the payload that the console and the command hide until somebody asks for them; the
   * same fields of the result, too. Names with dots between, `*` for each item: `card.number`,
   * `guests.*.passport`.
   */
  readonly sensitive?: readonly string[];
  /** Returns the result: any JSON value, or undefined for none. */
  readonly run: (payload: unknown, context: JobContext) => Promise<unknown>;
}

interface JobInput<S extends PayloadSchema, R> extends Omit<JobDefinition, 'payload' | 'run'> {
  readonly payload: S;
  readonly run: (payload: OutputOf<S>, context: JobContext) => Promise<R>;
}

/** A definition that keeps its types, for the typed client. */
export interface TypedJob<S extends PayloadSchema, R> extends JobDefinition {
  /** The schema of the payload, with its types. */
  readonly payload: S;
  /** Never set: this field only carries the type of the result. */
  readonly returns?: R;
}

/**
 * Defines a kind; the handler's payload has the type that the schema returns.
 * @throws AssertionError when the kind's name, its timeout, its retry or a sensitive field is out of
 *   range
 */
export const defineJob = <const S extends PayloadSchema, R>(
  input: JobInput<S, R>,
): TypedJob<S, R> => {
  assert(
    /^[a-z][a-z0-9_.-]{0,63}$/i.test(input.kind),
    `kind "${input.kind}": a letter, then up to 63 letters, digits, ".", "_" or "-"`,
  );
  const timeout = input.timeoutSeconds ?? KIND_LIMITS.timeoutSecondsDefault;
  assert(
    timeout > 0 && timeout <= KIND_LIMITS.timeoutSecondsMax,
    `kind "${input.kind}": timeoutSeconds is 1 to ${KIND_LIMITS.timeoutSecondsMax}`,
  );
  const retry = v.safeParse(v.optional(retrySchema), input.retry);
  if (!retry.success) {
    const [issue] = retry.issues;
    const field = ['retry', v.getDotPath(issue)].filter(Boolean).join('.');
    assert(false, `kind "${input.kind}": ${field}: ${reasonOf(issue)}`);
  }
  for (const path of input.sensitive ?? []) {
    const fault = pathFault(path);
    assert(fault === undefined, `kind "${input.kind}": sensitive: ${fault}`);
  }
  // The worker checks the payload with the schema before it calls `run`, so the cast is true.
  return { ...input, run: (payload, context) => input.run(payload as OutputOf<S>, context) };
};

/** The definitions of a deployment, by kind. */
export interface Kinds extends ReadonlyMap<string, JobDefinition> {
  /** What the refusal of a kind that is not among them says at its end; may be empty. */
  readonly advice?: (kind: string) => string;
}

/** The definitions by kind. @throws AssertionError when two definitions have the same kind */
export const kindsOf = (definitions: readonly JobDefinition[]): Kinds => {
  const kinds = new Map(definitions.map((definition) => [definition.kind, definition]));
  assert(kinds.size === definitions.length, 'each kind is defined once');
  return kinds;
};

const isSchema = (value: unknown): value is PayloadSchema =>
  (typeof value === 'object' || typeof value === 'function') &&
  value !== null &&
  '~standard' in value;

const isDefinition = (value: unknown): value is JobDefinition =>
  typeof value === 'object' &&
  value !== null &&
  'kind' in value &&
  typeof value.kind === 'string' &&
  'payload' in value &&
  isSchema(value.payload) &&
  'run' in value &&
  typeof value.run === 'function';

/**
 * The kinds that a module exports, by whatever names; a list of kinds counts as its members. One
 * kind under two names is one kind. What is no kind is left alone.
 */
export const definitionsIn = (
  exported: Readonly<Record<string, unknown>>,
): readonly JobDefinition[] => [...new Set(Object.values(exported).flat().filter(isDefinition))];
