/** What the template gives each function beside the worker, and what its handler demands. */
import type { Priority } from './queues.ts';

export const RELAY_ENV = {
  jobsTable: 'JOBS_TABLE',
  dataBucket: 'DATA_BUCKET',
  resultsUrl: 'RESULTS_URL',
  postingsUrl: 'POSTINGS_URL',
} as const;

export const LEDGER_ENV = { table: 'LEDGER_TABLE', lanes: 'LEDGER_LANES' } as const;

/** The worker and the prober have both, the announcer the table only. */
export const HOSTS_ENV = { table: 'HOSTS_TABLE', probesUrl: 'PROBES_URL' } as const;

export const PROBER_ENV = {
  outboundAllow: 'OUTBOUND_ALLOW',
  /** URLs of servers that are up whenever the network is; may be empty. */
  sentinels: 'PROBE_SENTINELS',
  /** Set by Lambda; CPU grows with it. */
  memoryMb: 'AWS_LAMBDA_FUNCTION_MEMORY_SIZE',
} as const;

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
  'prober',
  'announcer',
] as const;

/** In seconds. */
export const RELAY_TIMEOUT_SECONDS = 120;
export const TIMEKEEPER_TIMEOUT_SECONDS = 55;
export const REPORTER_TIMEOUT_SECONDS = 60;
export const SNAPSHOTTER_TIMEOUT_SECONDS = 120;
export const SETTLER_TIMEOUT_SECONDS = 60;
/** A run of a minute's shard ends before the next one; the commit comes after it. */
export const PROBER_TIMEOUT_SECONDS = 60;
export const ANNOUNCER_TIMEOUT_SECONDS = 60;
