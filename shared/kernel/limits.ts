/** Every bound in one place. The relations between bounds are asserted when this file is loaded. */
import { assert } from './assert.ts';
import { HOST_LIMITS } from './hostLimits.ts';
import { KIND_LIMITS } from './kindLimits.ts';
import { SLOT_LIMITS } from './slotLimits.ts';
import { STEP_LIMITS } from './stepLimits.ts';

/** Names contain their unit (Ms, Seconds, Bytes). Texts are in characters; the rest are counts. */
export const LIMITS = {
  /**
   * A quarter of the 1 MiB that SQS takes: the mesh can send an envelope again in ASCII and with
   * attributes, ten envelopes fit into one invocation (6 MB), and EventBridge Scheduler takes one.
   */
  envelopeBytesMax: 262_144,
  /** Larger payloads are claim-checked: kept in the bucket, referred to by the envelope. */
  payloadInlineBytesMax: 131_072,
  payloadBytesMax: 16_777_216,
  jsonDepthMax: 64,
  idLengthMax: 128,
  labelLengthMax: 128,
  /** EventBridge Scheduler's bound. */
  scheduleNameLengthMax: 64,
  /** EventBridge Scheduler's bound on a target's input. */
  scheduleInputBytesMax: 262_144,
  kindLengthMax: 64,
  groupLengthMax: 128,

  /** Kept back of the Lambda's time, to write outcomes down before the environment is frozen. */
  wrapUpMs: 10_000,

  /** SQS: a message can be invisible for at most 12 hours after its receive. */
  visibilitySecondsMax: 43_200,
  /** The longest wait by visibility timeout: 12 hours less the longest run. */
  queueWaitSecondsMax: 42_000,
  /** A longer wait of a job whose group is its own needs no message: the table keeps the job. */
  aloneWaitSecondsMax: 900,
  /** The table keeps a job whose wait ends later than this before its message's retention ends. */
  retentionMarginSeconds: 3_600,
  /** How far ahead `runAt`, `delaySeconds` and `deadline` may be: a year. */
  horizonSecondsMax: 31_622_400,
  /** How long a job waits for its dependencies, unless its envelope says another time. */
  deadlineSecondsDefault: 86_400,
  dependenciesMax: 5_000,
  /** How many of its dependencies a job's row names. */
  dependenciesShown: 50,
  /** When a job begins to wait, so many jobs of its flow are searched for a circle. */
  cycleReadsMax: 200,
  /** The timekeeper sends a parked job so long before it is due; the message waits in the queue. */
  sendAheadSeconds: 120,
  /** For longer waits the record keeps the message's receipt, so that a person can end the wait. */
  receiptWaitSeconds: 30,
  /** How long a worker uses one read of the control item. */
  controlFreshMs: 5_000,
  callbackTimeoutMs: 5_000,
  callbackBaseSeconds: 10,
  callbackCapSeconds: 3_600,
  /** After three days a callback is given up; a person can replay it. */
  callbackWindowSeconds: 259_200,
  callbackBodyBytesMax: 262_144,
  callbackAnswerBytesMax: 4_096,
  /** Only the status of a callback's answer counts, so its body is waited for no longer. */
  callbackAnswerMs: 500,
  callbackTriesKept: 10,
  /** How long reporters and workers use one read of a signing secret. */
  secretFreshMs: 300_000,
  /** The same for what reads signal URLs. */
  linkSecretFreshMs: 30_000,

  /** A message of a paused job comes back after this, then after twice as long each time. */
  pauseWaitSecondsMin: 5,
  pauseWaitSecondsMax: 900,
  /** A job that found no free slot of its source comes back after one to two times this. */
  slotWaitMs: 1_000,
  slotWaitMsMax: 60_000,
  /** A job that waits for an earlier job of its group comes back after this, and ever later. */
  turnWaitSecondsMin: 2,
  turnWaitSecondsMax: 60,
  /** The longest wait between two looks of a job that finds no host, or no free slot on a host. */
  hostPatienceSeconds: 7_200,
  hostSlotPatienceSeconds: 300,
  /** A message comes back after this when the mesh itself failed (table or queue unreachable). */
  faultDelaySeconds: 5,
  faultDelaySecondsMax: 900,
  /** The factor by which a wait grows from one look to the next. */
  waitGrowth: 1.05,
  /** After so many receives, a message stays away for at least some time, and ever longer. */
  receivesPrompt: 100,
  leastGrowth: 1.02,
  leastSecondsMax: 3_600,
  /** From this receive on, the table takes over a job that must wait. */
  receivesKept: 250,
  /** After this time every worker knows that there are held groups. */
  groupSettleSeconds: 30,
  /** How long workers go on to look for held groups after a look at a job that keeps its place. */
  groupAnnounceSeconds: 86_400,
  /** Workers may no longer look for a hold that is older. Longer than the longest wait. */
  groupFreshSeconds: 43_200,

  /** The clocks of two environments may differ by this. A lease counts as live that much longer. */
  clockSkewMs: 2_000,

  /** Items that a service hands back are sent again after a random pause. The pause doubles while
   * nothing is taken; after `batchTriesMax` such tries in a row the items are given up. */
  batchPauseMsMin: 25,
  batchPauseMsMax: 5_000,
  batchTriesMax: 10,

  historyMax: 40,
  errorsKept: 5,
  /** How many other messages under one job's id are noted. */
  repeatsKept: 5,
  errorMessageMax: 1_000,
  /** The shown path of a refused field, in characters. */
  issuePathMax: 200,
  errorStackMax: 2_000,
  /** A cancelled job's record must outlive the job's messages; SQS keeps no message longer. */
  retentionTombstoneSeconds: 1_209_600,
  childrenMax: 5_000,
  /** The longest line of jobs that each sent the next (ctx.enqueue); the last job sends none. */
  treeDepthMax: 1_000,
  /** Children that are paid from their parent's hold: the parent's row keeps the amount of each. */
  paidChildrenMax: 1_000,
  /** Bounds of a chain of follow-up jobs, as the original system declared them. */
  chainDepthMax: 5,
  chainJobsMax: 25,
  chainSecondsMax: 300,
  /** How many follow-up jobs of one result are judged; more than a chain may have. */
  followUpsMax: 100,
  /** The most that a handler may return, as JSON. */
  resultBytesMax: 16_777_216,
  /** Larger results go to S3, which costs less than the write units of a larger item. */
  resultInlineBytesMax: 8_192,
  rawInlineBytesMax: 32_768,

  /** How much of a job's id the id of its charge holds. */
  chargeNameBytesMax: 180,
  /** The longest time for which a job's price may be held. */
  holdSecondsMax: 1_209_600,
  /** A payer with `allowanceFromJobs` jobs within the window gets an allowance for more jobs. */
  allowanceFromJobs: 50,
  allowanceWindowMs: 5_000,
  allowanceJobs: 500,
  /** How long jobs are paid from an allowance, and how long it then stays for their charges. */
  allowanceSeconds: 300,
  allowanceGraceSeconds: 3_600,
  fundsWaitSecondsMin: 30,
  fundsWaitSecondsMax: 900,
  /** Amounts and sums stay far below the 38 digits that DynamoDB keeps exactly. */
  ledgerAmountMax: 10n ** 30n,
  ledgerIdBytesMax: 256,
  ledgerMetadataBytesMax: 256,
  /** Transfers of one commit: with balances, head and block, they fit into 100 items. */
  ledgerGroupMax: 32,
  ledgerItemsMax: 100,
  /** Moves of one commit: with the longest names, the block stays below the 400 KB of an item. */
  ledgerMovesMax: 192,
  /** Moves of one part of a large disbursement: one commit can take the whole part back. */
  ledgerPartMax: 48,
  /** Blocks between two checkpoints of a lane. */
  ledgerCheckpointBlocks: 1_000,
  /** Entries of an account in a lane between two snapshots of the account. */
  ledgerSnapshotEntries: 100,
  /** A writer refuses when the lane's time is further ahead of the writer's clock. */
  ledgerSkewMs: 5_000,
  /** After this, no commit with an earlier time can appear. Clocks differ, and a commit may take as
   * long as all tries of its client. */
  ledgerSettledMs: 30_000,
  /** The most blocks of a lane that a statement reads where its entries are not written yet. */
  ledgerReadOnBlocksMax: 1_000,

  ...KIND_LIMITS,
  ...HOST_LIMITS,
  ...SLOT_LIMITS,
  ...STEP_LIMITS,

  retentionCompletedSeconds: 86_400,
  retentionFailedSeconds: 604_800,
  /** Decisions that another system made about a job. */
  retentionPastSeconds: 31_536_000,
  /** The longest line of a file of decisions. */
  pastStepBytesMax: 65_536,
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
  LIMITS.sendAheadSeconds < LIMITS.aloneWaitSecondsMax,
  'a job that the table keeps is not due already',
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
