/** The bounds of hosts, their probes and calls to them; a part of LIMITS. */
import { assert } from './assert.ts';

/** Use these bounds through LIMITS, which also says how units are named. */
export const HOST_LIMITS = {
  /** Passes (rise) or fails (fall) in a row that change a state; fewer fails after a reprobe. */
  hostRise: 2,
  hostFall: 3,
  hostFallReprobed: 2,
  /** A host is degraded when so many of its last five answers were slow. */
  hostSlowOfFive: 3,
  /** A degraded host is online again when its smoothed latency is below this share of the bound. */
  hostCalmShare: 0.8,
  hostBusyMsMax: 600_000,
  /** A host flaps from this share of changes in its last 20 probes on, until below the second. */
  hostFlapPercent: 20,
  hostFlapClearPercent: 10,
  /** How long hourly rollups, daily rollups and changes of state are kept. */
  rollupHourSeconds: 3_456_000,
  rollupDaySeconds: 34_560_000,
  hostChangeSeconds: 34_560_000,
  /** A probe run ends so long before the next one; of a short interval, one part in so many. */
  probeMarginMs: 5_000,
  probeMarginPart: 5,
  /** Kept back of the invocation's time for the commit. */
  probeWrapUpMs: 3_000,
  shardCommitsMax: 10,
  /** When at least so many hosts fail at once, the prober doubts itself, at most so many runs. */
  massFailureHostsMin: 10,
  massFailureRunsMax: 3,
  /** So many inconclusive probes in a row make a host's state stale. */
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
  /** The interval must hold so many timeouts: a silent host is probed up to three times in it. */
  probeTimeoutsPerInterval: 3,
  probePathLengthMax: 512,
  probeHeadersMax: 16,
  probeHeaderLengthMax: 1_024,
  probeStatusesMax: 16,
  probeBodyTextMax: 256,
  /** Hosts of one transaction: two items each, and the shard and the directory, are at most 100. */
  hostBatchMax: 32,
  /** How often a write of hosts tries again before it reports that other writers are in its way. */
  hostTriesMax: 40,
  hostRetryBaseMs: 10,
  hostRetryCapMs: 500,
  /** How long a worker uses one read of the hosts to choose among them. */
  meshFreshMs: 5_000,
  /** How many hosts one attempt may call, and how many full hosts it may find before it waits. */
  hostCallsMax: 4,
  hostPassesMax: 16,
  /** A host whose answer was lost is asked again so often, after a wait that doubles each time. */
  hostReasksMax: 2,
  hostReaskMs: 200,
  hostConnectMs: 3_000,
  /** The largest task for a host, and the largest answer. */
  hostBodyBytesMax: 1_048_576,
  /** A busy host gets no calls for so long, unless it names a time; a full host, `slotsFullMs`. */
  hostBusySeconds: 2,
  hostBusySecondsMax: 60,
  slotsFullMs: 500,
  /** How long the slots of a host that gets no jobs are kept. */
  slotsRetentionSeconds: 3_456_000,
  /** A job that found no host looks again after this, then after twice as long each time. */
  hostWaitSecondsMin: 1,
  hostWaitSecondsMax: 30,
  /** The same bound for a job that lacks only a free slot. */
  slotWaitSecondsMax: 4,
  probeTimeoutMsMax: 20_000,
  /** Probes under way at once, for each CPU. With more, the measured latency is that of waiting. */
  probeSlotsPerCpu: 64,
  /**
   * Probes that begin in a second, for each CPU. A burst of starts would be measured as latency of
   * the hosts.
   */
  probeStartsPerSecond: 550,
  /**
   * A run with suspect hosts lasts as long as their timeout. The probes of the other hosts begin
   * within this share of that time, but at least at the pace `probeStartsPerSecondMin`.
   */
  probeSpread: 0.95,
  probeStartsPerSecondMin: 400,
  probeBurst: 6,
  suspectStartsPerSecond: 5_000,
  /** All slots together need fewer sockets than the 1,024 descriptors of an environment. */
  probeSlotsMax: 512,
  suspectSlots: 256,
  /** A host that failed is probed once more in the same run, after a wait within these bounds. */
  reprobeMsMin: 250,
  reprobeMsMax: 500,
  /** From so many names on: when most of them do not resolve, the resolver is at fault. */
  dnsDownNamesMin: 5,
  /** After a longer block of the event loop, or a larger jump of the clock, answers are unsure. */
  stallMs: 250,
  clockJumpMs: 1_000,
  probeBodyBytesMax: 4_096,
  /** For probes with a rule about the body. */
  probeRuleBodyBytesMax: 65_536,
  /** How long the addresses of a name are used; longer while the resolver fails. */
  dnsFreshMs: 60_000,
  dnsNamesMax: 10_000,
  /** How long a probe waits for the resolver when an older answer is still known. */
  dnsPatienceMs: 500,
  /** After this the next TLS handshake is a full one, so that a renewed certificate is seen. */
  tlsSessionMs: 3_600_000,
} as const;

assert(
  HOST_LIMITS.probeSlotsMax + HOST_LIMITS.suspectSlots < 900,
  'all slots leave descriptors of an environment (1,024) to everything else',
);
assert(
  HOST_LIMITS.probeStartsPerSecondMin <= HOST_LIMITS.probeStartsPerSecond,
  'one CPU keeps the slowest pace at which probes begin',
);
