/** Every bound in one place, with the relations between them asserted at import. */
import { assert } from './assert.ts';
import { HOST_LIMITS } from './hostLimits.ts';

export const LIMITS = {
  /**
   * Of SQS's 1 MiB, so that the mesh can send an envelope again itself, in ASCII and with attributes,
   * ten of them fit into one invocation (6 MB), and EventBridge Scheduler takes it, too.
   */
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
  /** Jobs of a flow that are looked at for a circle when one of them begins to wait. */
  cycleReadsMax: 200,
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
  /** The status is the answer: so long its body is waited for, in ms. */
  callbackAnswerMs: 500,
  callbackTriesKept: 10,
  /** How long reporters and workers go by one read of a signing secret, in ms. */
  secretFreshMs: 300_000,

  /** A paused message looks again after this, then twice as long each time, in seconds. */
  pauseWaitSecondsMin: 5,
  pauseWaitSecondsMax: 900,
  /** A job that found no free slot of its source looks again after one to two of these, in ms. */
  slotWaitMs: 1_000,
  slotWaitMsMax: 60_000,
  /** A job that waits for the one before it in its group looks again after that, in seconds. */
  turnWaitSecondsMin: 2,
  turnWaitSecondsMax: 60,
  /** A job for which there is no host, or no free slot of one, looks again after that at most. */
  hostPatienceSeconds: 7_200,
  hostSlotPatienceSeconds: 300,
  /** How long a message waits after a fault of ours (table or queue unreachable), in seconds. */
  faultDelaySeconds: 5,
  faultDelaySecondsMax: 900,
  /** What a wait grows by from one look to the next. */
  waitGrowth: 1.05,
  /** From this receive on any message stays away for some time, and ever longer, in seconds. */
  receivesPrompt: 100,
  leastGrowth: 1.02,
  leastSecondsMax: 3_600,
  /** From this receive on a job that must wait is taken over by the table. */
  receivesKept: 250,
  /** After so many seconds every worker knows that there are held groups. */
  groupSettleSeconds: 30,
  /** For how long workers look for held groups after a look at a job that keeps its place. */
  groupAnnounceSeconds: 86_400,
  /** A hold that is older counts as one that workers may not know of; more than the longest wait. */
  groupFreshSeconds: 43_200,

  /** Clocks of two environments may differ by this much, in ms; leases are honoured that longer. */
  clockSkewMs: 2_000,

  /** What is handed back of a batch is sent again after up to so long, in ms, twice as long each
   * time that nothing was taken; after so many of those in a row it is given up. */
  batchPauseMsMin: 25,
  batchPauseMsMax: 5_000,
  batchTriesMax: 10,

  historyMax: 40,
  errorsKept: 5,
  /** Of other messages under one job's id. */
  repeatsKept: 5,
  errorMessageMax: 1_000,
  /** Of a field of a refused body, as it is shown. */
  issuePathMax: 200,
  errorStackMax: 2_000,
  /** Where a record of a cancelled job must outlive every message of it: SQS keeps none longer. */
  retentionTombstoneSeconds: 1_209_600,
  childrenMax: 5_000,
  /** Jobs that were each sent by the one before (ctx.enqueue): the last of so many sends no more. */
  treeDepthMax: 1_000,
  /** Children that are paid from their parent's hold: what each gets is kept in its row. */
  paidChildrenMax: 1_000,
  /** The original's bounds of a chain of follow-up jobs. */
  chainDepthMax: 5,
  chainJobsMax: 25,
  chainSecondsMax: 300,
  /** Of one result's follow-up jobs so many are judged; no chain has as many. */
  followUpsMax: 100,
  /** What a handler may return, in bytes of JSON. */
  resultBytesMax: 16_777_216,
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
  /** Moves of one commit: with the longest names its block stays below the 400 KB of an item. */
  ledgerMovesMax: 192,
  /** Moves of one part of a disbursement that takes several commits; taken back, they fit into one. */
  ledgerPartMax: 48,
  /** Blocks between two checkpoints of a lane. */
  ledgerCheckpointBlocks: 1_000,
  /** Entries of an account in a lane between two snapshots of it. */
  ledgerSnapshotEntries: 100,
  /** How far a lane's time may be ahead of a writer's clock before the writer refuses, in ms. */
  ledgerSkewMs: 5_000,
  /** From then on nothing is written any more with an earlier time: clocks differ, and a commit may be
   * on its way for all tries of its client, in ms. */
  ledgerSettledMs: 30_000,
  /** Blocks of a lane that are read for what its entries do not tell yet. */
  ledgerReadOnBlocksMax: 1_000,

  ...HOST_LIMITS,

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
assert(LIMITS.chainJobsMax <= LIMITS.followUpsMax, 'a chain may come out of one result');
assert(
  LIMITS.groupSettleSeconds * 1_000 > 2 * LIMITS.controlFreshMs + 2 * LIMITS.clockSkewMs,
  'what a worker knows of held groups is not older than a hold that counts',
);
assert(
  LIMITS.queueWaitSecondsMax < LIMITS.groupFreshSeconds &&
    2 * LIMITS.groupFreshSeconds <= LIMITS.groupAnnounceSeconds,
  'a job that keeps its place is looked at before workers stop looking for held groups',
);
assert(LIMITS.attemptsDefault <= LIMITS.attemptsMax, 'the default attempts are allowed');
assert(
  LIMITS.payloadInlineBytesMax < LIMITS.envelopeBytesMax,
  'the largest inline payload leaves room for the rest of its envelope',
);
assert(LIMITS.rawInlineBytesMax < 350_000, 'a quarantined item fits into a DynamoDB item');
assert(
  LIMITS.ledgerGroupMax < LIMITS.ledgerItemsMax,
  'a group of transfers leaves room for balances, head and block',
);
assert(
  2 * LIMITS.ledgerPartMax + 3 <= LIMITS.ledgerItemsMax,
  'a part with its payer, hold, block and head, and its reversal, fit into one transaction',
);
assert(
  LIMITS.ledgerSkewMs < LIMITS.ledgerSettledMs,
  'what is settled was over before any clock could say otherwise',
);
assert(
  LIMITS.ledgerSnapshotEntries >= LIMITS.ledgerItemsMax,
  'a block snapshots an account at most once, and a snapshot adds at most 1 % to the entries',
);
assert(
  2 * LIMITS.hostBatchMax + 2 <= LIMITS.ledgerItemsMax,
  'the hosts of one transaction fit into its 100 items',
);
assert(
  LIMITS.hostIdLengthMax + 'host:'.length <= LIMITS.ledgerIdBytesMax,
  "a host's account fits into the ledger",
);
