/** The bounds of what is looked at and called from outside; a part of LIMITS. */
import { assert } from './assert.ts';

export const HOST_LIMITS = {
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
  probeTimeoutMsMax: 20_000,
  /** Looks under way at once. More than this a CPU, and the latencies shown are the queue's. */
  probeSlotsPerCpu: 64,
  /**
   * Looks that begin, a CPU: a burst of them would be measured as the hosts' latency. A run waits
   * for a timeout anyway; that is the time in which a shard's hosts begin.
   */
  probeStartsPerSecond: 550,
  /** Where a run waits for a timeout anyway the others begin in this part of it, or at this pace. */
  probeSpread: 0.95,
  probeStartsPerSecondMin: 400,
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
} as const;

assert(
  HOST_LIMITS.probeSlotsMax + HOST_LIMITS.suspectSlots < 900,
  'all slots leave descriptors of an environment (1,024) to everything else',
);
assert(
  HOST_LIMITS.probeStartsPerSecondMin <= HOST_LIMITS.probeStartsPerSecond,
  'one CPU keeps the slowest pace at which looks begin',
);
