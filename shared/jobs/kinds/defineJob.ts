/** A kind of job: its name, the schema of its payload, its defaults and what it does. */
import * as v from 'valibot';
import type { Task } from '#shared/dispatch/ports.ts';
import { assert } from '#shared/kernel/assert.ts';
import type { Json } from '#shared/kernel/json.ts';
import { LIMITS } from '#shared/kernel/limits.ts';
import type { Clock, Logger } from '#shared/kernel/ports.ts';
import { reasonOf } from '#shared/kernel/schemaIssue.ts';
import { type RetryPolicyInput, retrySchema } from '../envelope/retryPolicy.ts';
import type { Envelope } from '../envelope/schema.ts';
import type { HttpClient } from '../ports/jobs.ts';
import type { Workspaces } from '../ports/workspaces.ts';

/** What a handler gets beside its payload. */
export interface JobContext {
  readonly jobId: string;
  /** 1 for the first run. */
  readonly attempt: number;
  /** How often the job was snoozed. */
  readonly snoozes: number;
  /** The same for a job and all it brings about; its own id unless its envelope says otherwise. */
  readonly correlationId: string;
  /** Aborted at the timeout, on cancellation and when the lease is lost; pass it on to whatever waits. */
  readonly signal: AbortSignal;
  readonly logger: Logger;
  /** 0 to 1, and a word about it; people see the latest one. */
  readonly progress: (fraction: number, note?: string) => void;
  /** The result of a job that completed; undefined when it did not, or returned nothing. */
  readonly results: (jobId: string) => Promise<Json | undefined>;
  /**
   * Sends a job when this one has completed, and only then; returns the child's id.
   * @throws EnqueueError when the envelope is none that could run.
   */
  readonly enqueue: (job: Envelope) => string;
  /**
   * Has the job's task done by a host of the mesh, once a job; its cost pays for it. Without a cost
   * only free hosts are asked. Returns the host's result.
   */
  readonly dispatch: (task: Task) => Promise<Json | undefined>;
  readonly clock: Clock;
  /** Files in the deployment's bucket. */
  readonly workspaces: Workspaces;
  /** Outbound HTTP that cannot reach private or metadata addresses. */
  readonly http: HttpClient;
}

export interface JobDefinition {
  readonly kind: string;
  readonly payload: v.GenericSchema;
  /** One attempt, in seconds, unless the envelope says otherwise; 300 by default. */
  readonly timeoutSeconds?: number;
  readonly retry?: RetryPolicyInput;
  /**
   * Whether a result may name jobs that are to follow (docs/jobs.md); false by default. Such a kind
   * vouches for what it returns: whoever can write its result can run any job of the mesh.
   */
  readonly followUps?: boolean;
  /** Returns the result: any JSON value, or undefined for none. */
  readonly run: (payload: unknown, context: JobContext) => Promise<unknown>;
}

interface JobInput<S extends v.GenericSchema, R> extends Omit<JobDefinition, 'payload' | 'run'> {
  readonly payload: S;
  readonly run: (payload: v.InferOutput<S>, context: JobContext) => Promise<R>;
}

/** A definition that remembers its types, for the typed client. */
export interface TypedJob<S extends v.GenericSchema, R> extends JobDefinition {
  readonly payload: S;
  /** Never there; it carries the type of the result. */
  readonly returns?: R;
}

/** @throws AssertionError when the kind's name, its timeout or its retry is out of range. */
export const defineJob = <const S extends v.GenericSchema, R>(
  input: JobInput<S, R>,
): TypedJob<S, R> => {
  assert(
    /^[a-z][a-z0-9_.-]{0,63}$/i.test(input.kind),
    `kind "${input.kind}": a letter, then up to 63 letters, digits, ".", "_" or "-"`,
  );
  const timeout = input.timeoutSeconds ?? LIMITS.timeoutSecondsDefault;
  assert(
    timeout > 0 && timeout <= LIMITS.timeoutSecondsMax,
    `kind "${input.kind}": timeoutSeconds is 1 to ${LIMITS.timeoutSecondsMax}`,
  );
  const retry = v.safeParse(v.optional(retrySchema), input.retry);
  if (!retry.success) {
    const [issue] = retry.issues;
    const field = ['retry', v.getDotPath(issue)].filter(Boolean).join('.');
    assert(false, `kind "${input.kind}": ${field}: ${reasonOf(issue)}`);
  }
  // The worker parses with `payload` before it calls `run`, so the cast states what is checked.
  return { ...input, run: (payload, context) => input.run(payload as v.InferOutput<S>, context) };
};

export type Kinds = ReadonlyMap<string, JobDefinition>;

/** @throws AssertionError when two definitions share a kind. */
export const kindsOf = (definitions: readonly JobDefinition[]): Kinds => {
  const kinds = new Map(definitions.map((definition) => [definition.kind, definition]));
  assert(kinds.size === definitions.length, 'each kind is defined once');
  return kinds;
};

const isDefinition = (value: unknown): value is JobDefinition =>
  typeof value === 'object' &&
  value !== null &&
  'kind' in value &&
  typeof value.kind === 'string' &&
  'payload' in value &&
  'run' in value &&
  typeof value.run === 'function';

/**
 * The kinds that a module exports, by whatever names; a list of kinds counts as its members. One
 * kind under two names is one kind. What is no kind is left alone.
 */
export const definitionsIn = (
  exported: Readonly<Record<string, unknown>>,
): readonly JobDefinition[] => [...new Set(Object.values(exported).flat().filter(isDefinition))];
