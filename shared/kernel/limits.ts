/** Every bound in one place, with the relations between them asserted at import. */
import { assert } from './assert.ts';

export const LIMITS = {
  envelopeBytesMax: 262_144,
  /** Larger payloads are claim-checked: kept in the bucket, referred to by the envelope. */
  payloadInlineBytesMax: 131_072,
  payloadBytesMax: 16_777_216,
  jsonDepthMax: 64,
  idLengthMax: 128,
  labelLengthMax: 128,
  /** As EventBridge Scheduler has it. */
  scheduleNameLengthMax: 64,
  /** A target's input, in bytes. */
  scheduleInputBytesMax: 262_144,
  kindLengthMax: 64,
  groupLengthMax: 128,

  timeoutSecondsDefault: 300,
  timeoutSecondsMax: 840,
  /** Lambda time kept back to write outcomes down before the environment is frozen. */
  wrapUpMs: 10_000,

  attemptsDefault: 5,
  attemptsMax: 100,
  retryBaseSecondsDefault: 1,
  retryCapSecondsDefault: 900,
  retryCapSecondsMax: 43_200,
  /** SQS: a message can be invisible for at most 12 hours after its receive. */
  visibilitySecondsMax: 43_200,
  /** The longest wait asked of a message's visibility: what is left of 12 h after the longest run. */
  queueWaitSecondsMax: 42_000,
  /** A wait that ends closer than this to the end of its message's retention is kept in the table. */
  retentionMarginSeconds: 3_600,
  /** The furthest `runAt`, `delaySeconds` and `deadline` may be ahead: a year. */
  horizonSecondsMax: 31_622_400,
  /** What a job waits for its dependencies unless it says otherwise. */
  deadlineSecondsDefault: 86_400,
  dependenciesMax: 5_000,
  /** A row names so many of its dependencies. */
  dependenciesShown: 50,
  snoozesDefault: 100,
  snoozesMax: 10_000,
  /** The timekeeper sends parked jobs this long before they are due; the queue waits the rest out. */
  sendAheadSeconds: 120,
  /** From this wait on the record keeps the message's receipt, so that a person can end the wait. */
  receiptWaitSeconds: 30,
  /** How long a worker goes by one read of the control item, in ms. */
  controlFreshMs: 5_000,
  callbackTimeoutMs: 5_000,
  callbackBaseSeconds: 10,
  callbackCapSeconds: 3_600,
  /** After three days a callback is given up; it can be replayed by hand. */
  callbackWindowSeconds: 259_200,
  callbackBodyBytesMax: 262_144,
  callbackAnswerBytesMax: 4_096,
  callbackTriesKept: 10,

  /** A paused message looks again after this, then twice as long each time, in seconds. */
  pauseWaitSecondsMin: 5,
  pauseWaitSecondsMax: 900,
  /** A job that found no free slot of its source looks again after one to two of these, in ms. */
  slotWaitMs: 1_000,
  /** How long a message waits after a fault of ours (table or queue unreachable), in seconds. */
  faultDelaySeconds: 5,

  /** Clocks of two environments may differ by this much, in ms; leases are honoured that longer. */
  clockSkewMs: 2_000,

  historyMax: 40,
  errorsKept: 5,
  errorMessageMax: 1_000,
  errorStackMax: 2_000,
  /** Where a record of a cancelled job must outlive every message of it: SQS keeps none longer. */
  retentionTombstoneSeconds: 1_209_600,
  childrenMax: 5_000,
  /** The original's bounds of a chain of follow-up jobs. */
  chainDepthMax: 5,
  chainJobsMax: 25,
  chainSecondsMax: 300,
  /** From here S3 is cheaper than the write units of the item, and the item stays small. */
  resultInlineBytesMax: 8_192,
  rawInlineBytesMax: 32_768,

  /** Of a job's id in the id of its charge. */
  chargeNameBytesMax: 180,
  /** How long what a job costs may be held, in seconds. */
  holdSecondsMax: 1_209_600,
  /** A payer with so many jobs within the window gets an allowance for as many more. */
  allowanceFromJobs: 50,
  allowanceWindowMs: 5_000,
  allowanceJobs: 500,
  /** How long an allowance is spent from, and how long after that it is kept for what was spent. */
  allowanceSeconds: 300,
  allowanceGraceSeconds: 3_600,
  fundsWaitSecondsMin: 30,
  fundsWaitSecondsMax: 900,
  /** Amounts and sums stay far below the 38 digits that DynamoDB keeps exactly. */
  ledgerAmountMax: 10n ** 30n,
  ledgerIdBytesMax: 256,
  ledgerMetadataBytesMax: 256,
  /** Transfers of one commit: with balances, head and block they fit into 100 items. */
  ledgerGroupMax: 32,
  ledgerItemsMax: 100,
  /** Blocks between two checkpoints of a lane. */
  ledgerCheckpointBlocks: 1_000,
  /** How far a lane's time may be ahead of a writer's clock before the writer refuses, in ms. */
  ledgerSkewMs: 5_000,

  /** Passes and fails in a row until a host is taken for up or down; fewer when a run looked twice. */
  hostRise: 2,
  hostFall: 3,
  hostFallReprobed: 2,
  /** So many of the last five answers were slow: degraded. */
  hostSlowOfFive: 3,
  /** It is online again when its smoothed latency is below this share of what counts as slow. */
  hostCalmShare: 0.8,
  hostBusyMsMax: 600_000,
  /** Of its last 20 probes, those that changed its state. */
  hostFlapPercent: 20,
  hostFlapClearPercent: 10,
  /** How long rollups and changes of hosts are kept: hours, days, changes. */
  rollupHourSeconds: 3_456_000,
  rollupDaySeconds: 34_560_000,
  hostChangeSeconds: 34_560_000,
  /** A run ends so long before the next turn, or this part of a short interval. */
  probeMarginMs: 5_000,
  probeMarginPart: 5,
  /** Of the invocation's time, kept back for the commit. */
  probeWrapUpMs: 3_000,
  shardCommitsMax: 10,
  /** From so many hosts on that fail at once the prober doubts itself; for so many turns at most. */
  massFailureHostsMin: 10,
  massFailureTurnsMax: 3,
  /** Inconclusive probes in a row until its state is stale. */
  hostStaleAfter: 5,
  hostIdLengthMax: 64,
  hostEndpointLengthMax: 512,
  hostCapabilitiesMax: 64,
  hostTagsMax: 32,
  hostTagLengthMax: 64,
  hostConcurrencyMax: 1_000,
  hostConcurrencyDefault: 1,
  probeTimeoutMsDefault: 2_000,
  probeDegradedMsDefault: 1_000,
  probeIntervalSecondsDefault: 60,
  probeTimeoutMsMin: 100,
  /** A host that answers nothing is probed up to three times within its interval. */
  probeTimeoutsPerInterval: 3,
  probePathLengthMax: 512,
  probeHeadersMax: 16,
  probeHeaderLengthMax: 1_024,
  probeStatusesMax: 16,
  probeBodyTextMax: 256,
  /** Hosts of one transaction: two items each, with the shard and the directory within 100. */
  hostBatchMax: 32,
  /** Times that a write of hosts looks again before it says that others are in its way. */
  hostTriesMax: 40,
  hostRetryBaseMs: 10,
  hostRetryCapMs: 500,
  /** How long a worker chooses hosts by one look at the mesh, in ms. */
  meshFreshMs: 5_000,
  /** Hosts that one attempt asks, and those that it finds full before it waits. */
  hostCallsMax: 4,
  hostPassesMax: 16,
  /** A host whose answer was lost is asked again so often, after this wait, then twice as long. */
  hostReasksMax: 2,
  hostReaskMs: 200,
  hostConnectMs: 3_000,
  /** Of a task for a host, and of what it answers. */
  hostBodyBytesMax: 1_048_576,
  /** A host that is busy is left alone so long unless it says otherwise; one that is full, in ms. */
  hostBusySeconds: 2,
  hostBusySecondsMax: 60,
  slotsFullMs: 500,
  /** How long the slots of a host that gets no jobs are kept. */
  slotsRetentionSeconds: 3_456_000,
  /** A job that found no host looks again after this, then twice as long each time, in seconds. */
  hostWaitSecondsMin: 1,
  hostWaitSecondsMax: 30,
  /** When all it lacks is a free slot. */
  slotWaitSecondsMax: 4,
  /** How long a worker signs with the secret that it read, in ms. */
  secretFreshMs: 60_000,
  probeTimeoutMsMax: 20_000,
  /** Looks under way at once. More than this a CPU, and the latencies shown are the queue's. */
  probeSlotsPerCpu: 64,
  /**
   * Looks that begin, a CPU: a burst of them would be measured as the hosts' latency. A run waits
   * for a timeout anyway; that is the time in which a shard's hosts begin.
   */
  probeStartsPerSecond: 550,
  probeBurst: 6,
  suspectStartsPerSecond: 5_000,
  /** Sockets of both kinds of slots stay below the 1,024 descriptors of an environment. */
  probeSlotsMax: 512,
  suspectSlots: 256,
  /** A host that failed is looked at once more after this, in ms. */
  reprobeMsMin: 250,
  reprobeMsMax: 500,
  /** Of so many names most must resolve, else the fault is the resolver's. */
  dnsDownNamesMin: 5,
  /** A loop that was blocked longer, and a clock that jumped further, make late answers unsure, in ms. */
  stallMs: 250,
  clockJumpMs: 1_000,
  probeBodyBytesMax: 4_096,
  /** With a rule about the body. */
  probeRuleBodyBytesMax: 65_536,
  /** How long the addresses of a name are kept; longer when the resolver fails. */
  dnsFreshMs: 60_000,
  dnsNamesMax: 10_000,
  /** How long the resolver is waited for where its answer before is still there. */
  dnsPatienceMs: 500,
  /** After this the next TLS connection is made in full, so that renewed certificates are seen. */
  tlsSessionMs: 3_600_000,

  retentionCompletedSeconds: 86_400,
  retentionFailedSeconds: 604_800,
} as const;

assert(
  LIMITS.timeoutSecondsMax * 1_000 + LIMITS.wrapUpMs <= 900_000,
  'the longest job and its wrap-up fit into one Lambda invocation',
);
assert(
  LIMITS.retryCapSecondsMax <= LIMITS.visibilitySecondsMax,
  'a retry delay fits into the visibility of its message',
);
assert(
  LIMITS.queueWaitSecondsMax + 900 < LIMITS.visibilitySecondsMax,
  'a message that was held for a whole invocation can still wait that long',
);
assert(
  LIMITS.sendAheadSeconds < LIMITS.queueWaitSecondsMax,
  'what the timekeeper sends early can wait in the queue',
);
assert(LIMITS.attemptsDefault <= LIMITS.attemptsMax, 'the default attempts are allowed');
assert(
  LIMITS.payloadInlineBytesMax < LIMITS.envelopeBytesMax,
  'the largest inline payload leaves room for the rest of its envelope',
);
assert(
  LIMITS.probeSlotsMax + LIMITS.suspectSlots < 900,
  'all slots leave descriptors of an environment (1,024) to everything else',
);
assert(LIMITS.rawInlineBytesMax < 350_000, 'a quarantined item fits into a DynamoDB item');
assert(
  2 * LIMITS.hostBatchMax + 2 <= LIMITS.ledgerItemsMax,
  'the hosts of one transaction fit into its 100 items',
);
assert(
  LIMITS.hostIdLengthMax + 'host:'.length <= LIMITS.ledgerIdBytesMax,
  "a host's account fits into the ledger",
);
