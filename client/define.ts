/**
 * `sheratan`: what defines a kind of job. Loads no client of AWS.
 *
 * @module sheratan
 */
export { verifySignature, type WebhookHeaders } from '#shared/jobs/callbacks/signature.ts';
export type { Envelope } from '#shared/jobs/envelope/schema.ts';
export {
  defineJob,
  type JobContext,
  type JobDefinition,
  type TypedJob,
} from '#shared/jobs/kinds/defineJob.ts';
export { EnqueueError, PermanentError, RetryableError, Snooze } from '#shared/jobs/kinds/errors.ts';
export type { PayloadSchema } from '#shared/jobs/kinds/payloadSchema.ts';
export type { JobRecord, Status } from '#shared/jobs/record/record.ts';
export type { Duration } from '#shared/jobs/steps/duration.ts';
export { StepError, StepUseError, WaitTimeoutError } from '#shared/jobs/steps/errors.ts';
export type {
  Callable,
  CallOptions,
  Raced,
  SignalUrlOptions,
  StepOptions,
  StepRun,
  Steps,
  WaitOptions,
} from '#shared/jobs/steps/stepTypes.ts';
