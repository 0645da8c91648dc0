import type { Priority } from './queues.ts';

/** Names of the stack's outputs: how a client finds a deployment. */
export const OUTPUTS = {
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
} as const;

export const QUEUE_OUTPUTS: Readonly<Record<Priority, string>> = {
  critical: 'JobsCriticalUrl',
  high: 'JobsHighUrl',
  normal: 'JobsNormalUrl',
  low: 'JobsLowUrl',
};
