/** Every bound in one place, with the relations between them asserted at import. */
import { assert } from './assert.ts';

export const LIMITS = {
  envelopeBytesMax: 262_144,
  jsonDepthMax: 64,
  idLengthMax: 128,
  labelLengthMax: 128,
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
  /** How long a message waits after a fault of ours (table or queue unreachable), in seconds. */
  faultDelaySeconds: 5,

  /** Clocks of two environments may differ by this much, in ms; leases are honoured that longer. */
  clockSkewMs: 2_000,

  historyMax: 40,
  errorsKept: 5,
  errorMessageMax: 1_000,
  errorStackMax: 2_000,
  /** From here S3 is cheaper than the write units of the item, and the item stays small. */
  resultInlineBytesMax: 8_192,
  rawInlineBytesMax: 32_768,

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
assert(LIMITS.attemptsDefault <= LIMITS.attemptsMax, 'the default attempts are allowed');
assert(LIMITS.rawInlineBytesMax < 350_000, 'a quarantined item fits into a DynamoDB item');
