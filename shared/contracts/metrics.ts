/** CloudWatch names that the functions emit and that alarms and dashboards refer to. */

/** The namespace of a deployment is this name, a dash and its stage. */
export const METRICS_NAMESPACE = 'Sheratan';

/** Variables of every function: its namespace, and names of the metrics that it emits, with commas. */
export const METRICS_ENV = { namespace: 'METRICS_NAMESPACE', emitted: 'METRICS_EMITTED' } as const;

/** In place of the names: every metric is emitted. */
export const ALL_METRICS = '*';

/**
 * Every metric has the dimension `service`. The values of `kind` are the kinds that the worker
 * registers, so there are few of them.
 */
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
  /** Blocks that were not yet written out as entries at the end of the minute. */
  ledgerLag: 'LedgerLag',
  blocksWritten: 'LedgerBlocksWritten',
} as const;

export const LEDGER_METRICS = {
  /** Prices that were held before their job ran, and prices that the payer could not pay. */
  holdsPlaced: 'HoldsPlaced',
  holdsRefused: 'HoldsRefused',
  postings: 'PostingsMade',
  releases: 'HoldsReleased',
  /** Holds that should have expired and could not be ended. */
  holdsOverdue: 'HoldsOverdue',
  /** By how many minor units the balances differ from the journal. */
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
  /** Messages that came back because of a fault of the mesh. */
  undecided: 'JobsUndecided',
  timeToStart: 'JobTimeToStart',
  /** ms from the producer's send to the job's end, with waits and retries. */
  timeToFinish: 'JobTimeToFinish',
  runTime: 'JobRunTime',
  /** How many attempts a job took until its end. */
  attempts: 'JobAttempts',
} as const;

/** By priority: ms from the send to the start, of jobs that only the queue made wait. */
export const WAIT_METRICS = {
  critical: 'JobWaitCritical',
  high: 'JobWaitHigh',
  normal: 'JobWaitNormal',
  low: 'JobWaitLow',
} as const;

/** The metrics that are emitted by kind, too. */
export const KIND_METRICS = [
  JOB_METRICS.timeToStart,
  JOB_METRICS.timeToFinish,
  JOB_METRICS.attempts,
] as const;

/** Numbers of hosts are those of the last probe run; the other metrics count or measure. */
export const HOST_METRICS = {
  hostsOnline: 'HostsOnline',
  hostsBusy: 'HostsBusy',
  hostsDegraded: 'HostsDegraded',
  hostsOffline: 'HostsOffline',
  hostsTotal: 'Hosts',
  /** Hosts of which the last probe runs learned nothing. */
  hostsStale: 'HostsStale',
  probes: 'Probes',
  probesSkipped: 'ProbesSkipped',
  probesInconclusive: 'ProbesInconclusive',
  duplicateTicks: 'DuplicateTicks',
  /** In ms. */
  probeLatency: 'ProbeLatency',
  probeRunMs: 'ProbeRunMs',
  cadenceSkewMs: 'CadenceSkewMs',
  transitions: 'HostTransitions',
  certDaysLeft: 'CertDaysLeft',
} as const;

/** What all functions used together. Without a dimension: each value would cost a metric more. */
export const USAGE_METRICS = {
  writeUnits: 'TableWriteUnits',
  readUnits: 'TableReadUnits',
  /** Transactions that DynamoDB refused because another one touched the same items. */
  conflicts: 'TableConflicts',
  /** Writes whose condition did not hold; most of them are duplicates. */
  conditionsFailed: 'TableConditionsFailed',
  queueRequests: 'QueueRequests',
  /** The time of each invocation multiplied by its memory. */
  gigabyteSeconds: 'GigabyteSeconds',
} as const;

/** The metrics of each function, beside {@link USAGE_METRICS}. */
export const EMITTED: Readonly<Record<string, readonly string[]>> = {
  worker: [
    ...Object.values(JOB_METRICS),
    ...Object.values(WAIT_METRICS),
    LEDGER_METRICS.holdsPlaced,
    LEDGER_METRICS.holdsRefused,
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
