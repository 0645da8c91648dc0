/** What the template gives each function beside the worker, and what its handler demands. */
import type { Priority } from './queues.ts';

export const RELAY_ENV = {
  jobsTable: 'JOBS_TABLE',
  dataBucket: 'DATA_BUCKET',
  resultsUrl: 'RESULTS_URL',
  postingsUrl: 'POSTINGS_URL',
} as const;

export const LEDGER_ENV = { table: 'LEDGER_TABLE', lanes: 'LEDGER_LANES' } as const;

export const TIMEKEEPER_ENV = { jobsTable: 'JOBS_TABLE', dataBucket: 'DATA_BUCKET' } as const;

export const REPORTER_ENV = {
  jobsTable: 'JOBS_TABLE',
  dataBucket: 'DATA_BUCKET',
  resultsUrl: 'RESULTS_URL',
  outboundAllow: 'OUTBOUND_ALLOW',
  /** ARN; the secret itself is in no environment. */
  callbackSecret: 'CALLBACK_SECRET_ARN',
} as const;

/** The queue of each priority, for whoever sends or holds messages. */
export const QUEUE_ENV: Readonly<Record<Priority, string>> = {
  critical: 'JOBS_CRITICAL_URL',
  high: 'JOBS_HIGH_URL',
  normal: 'JOBS_NORMAL_URL',
  low: 'JOBS_LOW_URL',
};

/** All functions, by the verb they are named after. */
export const FUNCTIONS = [
  'worker',
  'relay',
  'timekeeper',
  'reporter',
  'settler',
  'snapshotter',
] as const;

/** In seconds. */
export const RELAY_TIMEOUT_SECONDS = 120;
export const TIMEKEEPER_TIMEOUT_SECONDS = 55;
export const REPORTER_TIMEOUT_SECONDS = 60;
export const SNAPSHOTTER_TIMEOUT_SECONDS = 120;
export const SETTLER_TIMEOUT_SECONDS = 60;
