/** CloudWatch names: what the functions emit and what alarms and dashboards refer to. */

/** Each deployment has a namespace of its own: this, a dash, its stage. */
export const METRICS_NAMESPACE = 'Sheratan';

/** Where a function finds its namespace. */
export const METRICS_ENV = { namespace: 'METRICS_NAMESPACE' } as const;

/** Every metric has the first; the second holds a kind that the worker registers, so few values. */
export const METRIC_DIMENSIONS = { service: 'service', kind: 'kind' } as const;

export const MESH_METRICS = {
  relayed: 'EndsRelayed',
  dueSent: 'DueJobsSent',
  deadlinesMissed: 'DeadlinesMissed',
  callbacksDelivered: 'CallbacksDelivered',
  callbacksRetried: 'CallbacksRetried',
  callbacksGivenUp: 'CallbacksGivenUp',
  chargesSettled: 'ChargesSettled',
  chargesOpen: 'ChargesOpen',
  holdsExpired: 'HoldsExpired',
  /** Blocks that were not written out as entries when the minute was over. */
  ledgerLag: 'LedgerLag',
  blocksWritten: 'LedgerBlocksWritten',
} as const;

export const LEDGER_METRICS = {
  /** Prices that were held before their job ran, and those that the payer could not pay. */
  holdsPlaced: 'HoldsPlaced',
  holdsRefused: 'HoldsRefused',
  postings: 'PostingsMade',
  releases: 'HoldsReleased',
  /** Holds whose time is over and that could not be ended. */
  holdsOverdue: 'HoldsOverdue',
  /** Minor units by which balances differ from the journal. */
  trialBalance: 'TrialBalanceDifference',
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
  /** Messages that came back for a fault of ours. */
  undecided: 'JobsUndecided',
  timeToStart: 'JobTimeToStart',
  /** From the producer's send to the job's end, waits and retries included. */
  timeToFinish: 'JobTimeToFinish',
  runTime: 'JobRunTime',
  /** Attempts that a job took until it ended. */
  attempts: 'JobAttempts',
} as const;

/** By priority: from the send to the start of jobs that nothing but the queue made wait. */
export const WAIT_METRICS = {
  critical: 'JobWaitCritical',
  high: 'JobWaitHigh',
  normal: 'JobWaitNormal',
  low: 'JobWaitLow',
} as const;

/** Those that are also told by kind. */
export const KIND_METRICS = [
  JOB_METRICS.timeToStart,
  JOB_METRICS.timeToFinish,
  JOB_METRICS.attempts,
] as const;

/** Of the last tick, but for those that count. */
export const HOST_METRICS = {
  hostsOnline: 'HostsOnline',
  hostsBusy: 'HostsBusy',
  hostsDegraded: 'HostsDegraded',
  hostsOffline: 'HostsOffline',
  hostsTotal: 'Hosts',
  /** Those of which nothing was learned for some probe runs. */
  hostsStale: 'HostsStale',
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

/** What the functions used, all together: without a dimension, for each would cost as much again. */
export const USAGE_METRICS = {
  writeUnits: 'TableWriteUnits',
  readUnits: 'TableReadUnits',
  /** Transactions that met another one. */
  conflicts: 'TableConflicts',
  /** Conditions that did not hold: duplicates, mostly. */
  conditionsFailed: 'TableConditionsFailed',
  queueRequests: 'QueueRequests',
  /** Of each invocation: its time by its memory. */
  gigabyteSeconds: 'GigabyteSeconds',
} as const;

/** Which function emits what, beside its usage. */
export const EMITTED: Readonly<Record<string, readonly string[]>> = {
  worker: [
    ...[...Object.values(JOB_METRICS), ...Object.values(WAIT_METRICS)],
    ...[LEDGER_METRICS.holdsPlaced, LEDGER_METRICS.holdsRefused],
  ],
  relay: [MESH_METRICS.relayed],
  timekeeper: [
    MESH_METRICS.dueSent,
    MESH_METRICS.deadlinesMissed,
    MESH_METRICS.holdsExpired,
    MESH_METRICS.ledgerLag,
    LEDGER_METRICS.holdsOverdue,
    LEDGER_METRICS.trialBalance,
  ],
  reporter: [
    MESH_METRICS.callbacksDelivered,
    MESH_METRICS.callbacksRetried,
    MESH_METRICS.callbacksGivenUp,
  ],
  settler: [
    MESH_METRICS.chargesSettled,
    MESH_METRICS.chargesOpen,
    LEDGER_METRICS.postings,
    LEDGER_METRICS.releases,
  ],
  snapshotter: [MESH_METRICS.blocksWritten],
  prober: Object.values(HOST_METRICS),
};
