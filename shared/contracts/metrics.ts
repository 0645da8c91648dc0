/** CloudWatch names: what the functions emit and what alarms and dashboards refer to. */
export const METRICS_NAMESPACE = 'Sheratan';

export const MESH_METRICS = {
  relayed: 'EndsRelayed',
  dueSent: 'DueJobsSent',
  deadlinesMissed: 'DeadlinesMissed',
  callbacksDelivered: 'CallbacksDelivered',
  callbacksRetried: 'CallbacksRetried',
  chargesSettled: 'ChargesSettled',
  chargesOpen: 'ChargesOpen',
  holdsExpired: 'HoldsExpired',
  /** Blocks that were not written out as entries when the minute was over. */
  ledgerLag: 'LedgerLag',
  blocksWritten: 'LedgerBlocksWritten',
} as const;

export const JOB_METRICS = {
  completed: 'JobsCompleted',
  retried: 'JobsRetried',
  dead: 'JobsDead',
  quarantined: 'JobsQuarantined',
  duplicate: 'JobsDuplicate',
  cancelled: 'JobsCancelled',
  snoozed: 'JobsSnoozed',
  parked: 'JobsParked',
  limited: 'JobsLimited',
  halted: 'JobsHalted',
  returned: 'JobsReturned',
  timeToStart: 'JobTimeToStart',
  runTime: 'JobRunTime',
} as const;

export const HOST_METRICS = {
  hostsOnline: 'HostsOnline',
  hostsBusy: 'HostsBusy',
  hostsDegraded: 'HostsDegraded',
  hostsOffline: 'HostsOffline',
  hostsTotal: 'Hosts',
  probes: 'Probes',
  probesSkipped: 'ProbesSkipped',
  probesInconclusive: 'ProbesInconclusive',
  duplicateTicks: 'DuplicateTicks',
  /** ms. */
  probeLatency: 'ProbeLatency',
  probeRunMs: 'ProbeRunMs',
  cadenceSkewMs: 'CadenceSkewMs',
  transitions: 'HostTransitions',
  certDaysLeft: 'CertDaysLeft',
} as const;
