/** The environment of each function but the worker: the template sets it, the handler needs it. */
import type { Priority } from './queues.ts';

export const RELAY_ENV = {
  jobsTable: 'JOBS_TABLE',
  dataBucket: 'DATA_BUCKET',
  resultsUrl: 'RESULTS_URL',
  postingsUrl: 'POSTINGS_URL',
} as const;

export const LEDGER_ENV = { table: 'LEDGER_TABLE', lanes: 'LEDGER_LANES' } as const;

/** The worker and the prober get both names, the announcer gets only the table. */
export const HOSTS_ENV = { table: 'HOSTS_TABLE', probesUrl: 'PROBES_URL' } as const;

export const PROBER_ENV = {
  outboundAllow: 'OUTBOUND_ALLOW',
  /** URLs of servers that answer whenever the network works; may be empty. */
  sentinels: 'PROBE_SENTINELS',
  /** Set by Lambda, in MB; the CPU share grows with the memory. */
  memoryMb: 'AWS_LAMBDA_FUNCTION_MEMORY_SIZE',
} as const;

export const TIMEKEEPER_ENV = { jobsTable: 'JOBS_TABLE', dataBucket: 'DATA_BUCKET' } as const;

export const REPORTER_ENV = {
  jobsTable: 'JOBS_TABLE',
  dataBucket: 'DATA_BUCKET',
  resultsUrl: 'RESULTS_URL',
  outboundAllow: 'OUTBOUND_ALLOW',
  /** ARN of the secret; the secret itself is in no environment. */
  callbackSecret: 'CALLBACK_SECRET_ARN',
} as const;

/** The queue URL of each priority, for functions that send or hold messages. */
export const QUEUE_ENV: Readonly<Record<Priority, string>> = {
  critical: 'JOBS_CRITICAL_URL',
  high: 'JOBS_HIGH_URL',
  normal: 'JOBS_NORMAL_URL',
  low: 'JOBS_LOW_URL',
};

/** The names of all functions. */
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

/** The names of functions that a deployment has only when its settings say so. */
export const OPTIONAL_FUNCTIONS = ['signals', 'api'] as const;
export type OptionalFunction = (typeof OPTIONAL_FUNCTIONS)[number];

/** Executions that no other function can take, where the account is large. */
export const RESERVED = { timekeeper: 2, settler: 10, signals: 10, api: 10 } as const;

export const API_ENV = { jobsTable: 'JOBS_TABLE', dataBucket: 'DATA_BUCKET' } as const;

export const SIGNALS_ENV = {
  jobsTable: 'JOBS_TABLE',
  /** ARN of the secret that signs signal URLs. */
  signalSecret: 'SIGNAL_SECRET_ARN',
} as const;

/** Lambda timeouts of the functions, in seconds. */
export const RELAY_TIMEOUT_SECONDS = 120;
export const TIMEKEEPER_TIMEOUT_SECONDS = 55;
export const REPORTER_TIMEOUT_SECONDS = 60;
export const SNAPSHOTTER_TIMEOUT_SECONDS = 120;
export const SETTLER_TIMEOUT_SECONDS = 60;
/** Long enough for the probe run of a shard with an interval of 60 s, and for its commit. */
export const PROBER_TIMEOUT_SECONDS = 60;
export const ANNOUNCER_TIMEOUT_SECONDS = 60;
export const SIGNALS_TIMEOUT_SECONDS = 10;
export const API_TIMEOUT_SECONDS = 15;
