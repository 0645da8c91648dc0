/** What the template gives the worker and the worker's handler demands at its start. */
export const WORKER_ENV = {
  jobsTable: 'JOBS_TABLE',
  dataBucket: 'DATA_BUCKET',
  leaseSeconds: 'LEASE_SECONDS',
  outboundAllow: 'OUTBOUND_ALLOW',
  retentionSeconds: 'QUEUE_RETENTION_SECONDS',
  /** ARN of what calls to hosts are signed with. */
  hostSecret: 'HOST_SECRET_ARN',
  /** JSON; empty means unlimited. */
  defaultLimits: 'DEFAULT_LIMITS',
} as const;

/** Lambda's own maximum, in seconds. */
export const WORKER_TIMEOUT_SECONDS = 900;
