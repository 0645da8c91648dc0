/** CloudWatch names: what the functions emit and what alarms and dashboards refer to. */
export const METRICS_NAMESPACE = 'Sheratan';
export const METRICS_SERVICE = 'worker';

export const JOB_METRICS = {
  completed: 'JobsCompleted',
  retried: 'JobsRetried',
  dead: 'JobsDead',
  quarantined: 'JobsQuarantined',
  duplicate: 'JobsDuplicate',
  returned: 'JobsReturned',
  timeToStart: 'JobTimeToStart',
  runTime: 'JobRunTime',
} as const;
