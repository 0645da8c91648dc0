import type { Priority } from './queues.ts';

/** What the template gives the worker and the worker's handler demands at its start. */
export const WORKER_ENV = {
  jobsTable: 'JOBS_TABLE',
  dataBucket: 'DATA_BUCKET',
  leaseSeconds: 'LEASE_SECONDS',
  outboundAllow: 'OUTBOUND_ALLOW',
} as const;

/** The queue of each priority: the worker changes the visibility of the messages it holds. */
export const WORKER_QUEUE_ENV: Readonly<Record<Priority, string>> = {
  critical: 'JOBS_CRITICAL_URL',
  high: 'JOBS_HIGH_URL',
  normal: 'JOBS_NORMAL_URL',
  low: 'JOBS_LOW_URL',
};

/** Lambda's own maximum, in seconds. */
export const WORKER_TIMEOUT_SECONDS = 900;
