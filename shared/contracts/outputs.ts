import type { OptionalFunction } from './functions.ts';
import type { Priority } from './queues.ts';
import type { TableName } from './schemas.ts';

/** Names of the stack's outputs. A client reads them to find the tables and queues of a stage. */
export const OUTPUTS = {
  /** The version of the mesh, and the oldest client that it takes; a client reads both first. */
  version: 'MeshVersion',
  leastClient: 'LeastClient',
  /** The schema of each table that the release knows: `jobs=1,ledger=1,hosts=2`. */
  schemas: 'TableSchemas',
  jobsTable: 'JobsTable',
  dataBucket: 'DataBucket',
  resultsUrl: 'ResultsUrl',
  callbackSecret: 'CallbackSecretArn',
  hostSecret: 'HostSecretArn',
  ledgerTable: 'LedgerTable',
  ledgerLanes: 'LedgerLanes',
  hostsTable: 'HostsTable',
  probesUrl: 'ProbesUrl',
  scheduleGroup: 'ScheduleGroup',
  scheduleRole: 'ScheduleRoleArn',
  scheduleDeadLetters: 'ScheduleDeadLettersArn',
  dashboard: 'DashboardName',
  /** Where signal URLs lead; absent where there are none. */
  signalUrl: 'SignalUrl',
  /** Where the HTTP interface is; absent where there is none. */
  apiUrl: 'ApiUrl',
  /** The pools as JSON; absent where there are none. */
  pools: 'Pools',
  /** Names of the mesh's rules, with commas; only for a mesh that is a construct in some stack. */
  rules: 'RuleNames',
  /** Names of the project's own kinds, with commas; absent where there are none. */
  ownKinds: 'OwnKinds',
  /** Names of own kinds with sensitive fields, with commas; absent where there are none. */
  sensitiveKinds: 'SensitiveKinds',
  /** Where the list of the kinds and their schemas is: `s3://bucket/key`, or a file of this machine. */
  kindsFile: 'KindsFile',
} as const;

/** The names of the tables. */
export const TABLE_OUTPUTS: Readonly<Record<TableName, string>> = {
  jobs: OUTPUTS.jobsTable,
  ledger: OUTPUTS.ledgerTable,
  hosts: OUTPUTS.hostsTable,
};

/** The URLs of functions that have URLs. */
export const URL_OUTPUTS: Readonly<Record<OptionalFunction, string>> = {
  signals: OUTPUTS.signalUrl,
  api: OUTPUTS.apiUrl,
};

export const QUEUE_OUTPUTS: Readonly<Record<Priority, string>> = {
  critical: 'JobsCriticalUrl',
  high: 'JobsHighUrl',
  normal: 'JobsNormalUrl',
  low: 'JobsLowUrl',
};

/** Name of the SSM parameter by which clients find a mesh that is a construct in some stack. */
export const outputsParameter = (stage: string): string => `/sheratan/${stage}/outputs`;
