/** The worker's environment: set by the template, required by the handler when it is loaded. */
export const WORKER_ENV = {
  jobsTable: 'JOBS_TABLE',
  dataBucket: 'DATA_BUCKET',
  leaseSeconds: 'LEASE_SECONDS',
  outboundAllow: 'OUTBOUND_ALLOW',
  retentionSeconds: 'QUEUE_RETENTION_SECONDS',
  /** How long input waits for a worker that knows its kind, in seconds. */
  graceSeconds: 'UNKNOWN_KIND_GRACE_SECONDS',
  /** ARN of the secret that signs calls to hosts. */
  hostSecret: 'HOST_SECRET_ARN',
  /** Where signal URLs lead, and the ARN of the secret that signs them; empty without signal URLs. */
  signalUrl: 'SIGNAL_URL',
  signalSecret: 'SIGNAL_SECRET_ARN',
  /** The pool whose jobs the function runs; empty for the worker of the mesh. */
  pool: 'POOL',
  /** The longest that an attempt may run, in seconds. */
  runSecondsMax: 'RUN_SECONDS_MAX',
  /** Limits of sources without limits of their own, as JSON; `{}` means unlimited. */
  defaultLimits: 'DEFAULT_LIMITS',
} as const;

/** The longest lease that a deployment may have, in seconds. */
export const LEASE_SECONDS_MAX = 600;

/** Lambda's own maximum, in seconds. */
export const WORKER_TIMEOUT_SECONDS = 900;

/** The part of the timeout in which no attempt runs: for the claim, the outcome and the logs. */
export const WORKER_MARGIN_SECONDS = 60;

/** The most attempts of one source that a limit lets run at the same time. */
export const SOURCE_CONCURRENCY_MAX = 10_000;

/** What a source may use; unlimited where a field is absent. */
export interface SourceLimits {
  /** Starts per minute, evenly spaced; `burst` of them may come at once. */
  readonly perMinute?: number;
  readonly burst?: number;
  /** Attempts that may run at the same time. */
  readonly concurrency?: number;
}
