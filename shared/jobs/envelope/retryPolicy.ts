/** When a failed job is tried again: pure, in whole seconds, with jitter from a port. */
import * as v from 'valibot';
import { KIND_LIMITS } from '#shared/kernel/kindLimits.ts';
import type { Random } from '#shared/kernel/ports.ts';

const seconds = (max: number) => v.pipe(v.number(), v.minValue(0), v.maxValue(max));

export const retrySchema = v.strictObject({
  maxAttempts: v.optional(
    v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(KIND_LIMITS.attemptsMax)),
  ),
  curve: v.optional(v.picklist(['exponential', 'linear', 'fixed'])),
  baseSeconds: v.optional(seconds(KIND_LIMITS.retryCapSecondsMax)),
  factor: v.optional(v.pipe(v.number(), v.minValue(1), v.maxValue(10))),
  capSeconds: v.optional(seconds(KIND_LIMITS.retryCapSecondsMax)),
  jitter: v.optional(v.picklist(['full', 'none'])),
  maxSnoozes: v.optional(
    v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(KIND_LIMITS.snoozesMax)),
  ),
});

export type RetryPolicyInput = v.InferOutput<typeof retrySchema>;

type WithoutUndefined<T> = { readonly [K in keyof T]-?: Exclude<T[K], undefined> };
/** A retry policy with every field set. */
export type RetryPolicy = WithoutUndefined<RetryPolicyInput>;

const DEFAULTS: RetryPolicy = {
  maxAttempts: KIND_LIMITS.attemptsDefault,
  curve: 'exponential',
  baseSeconds: KIND_LIMITS.retryBaseSecondsDefault,
  factor: 2,
  capSeconds: KIND_LIMITS.retryCapSecondsDefault,
  jitter: 'full',
  maxSnoozes: KIND_LIMITS.snoozesDefault,
};

/** Completes a policy: each field from the envelope, else from the kind, else the default. */
export const retryPolicy = (
  envelope: RetryPolicyInput = {},
  kind: RetryPolicyInput = {},
): RetryPolicy => ({
  maxAttempts: envelope.maxAttempts ?? kind.maxAttempts ?? DEFAULTS.maxAttempts,
  curve: envelope.curve ?? kind.curve ?? DEFAULTS.curve,
  baseSeconds: envelope.baseSeconds ?? kind.baseSeconds ?? DEFAULTS.baseSeconds,
  factor: envelope.factor ?? kind.factor ?? DEFAULTS.factor,
  capSeconds: envelope.capSeconds ?? kind.capSeconds ?? DEFAULTS.capSeconds,
  jitter: envelope.jitter ?? kind.jitter ?? DEFAULTS.jitter,
  maxSnoozes: envelope.maxSnoozes ?? kind.maxSnoozes ?? DEFAULTS.maxSnoozes,
});

const GROWTH = {
  exponential: (policy: RetryPolicy, attempt: number) => policy.factor ** (attempt - 1),
  linear: (_policy: RetryPolicy, attempt: number) => attempt,
  fixed: () => 1,
} as const;

/**
 * The delay after attempt number `attempt` (from 1), in whole seconds from 0 to the policy's cap.
 * Full jitter is uniform over the whole interval, so that jobs that failed together come back
 * apart.
 */
export const retryDelaySeconds = (policy: RetryPolicy, attempt: number, random: Random): number => {
  const grown = policy.baseSeconds * GROWTH[policy.curve](policy, attempt);
  const ceiling = Math.min(policy.capSeconds, grown);
  const delay = policy.jitter === 'full' ? ceiling * random.next() : ceiling;
  return Math.min(Math.ceil(delay), Math.floor(policy.capSeconds));
};
