/** How long each fuzz target runs: SHERATAN_FUZZ_SECONDS, 1 unless it is set. */
const seconds = Number(process.env['SHERATAN_FUZZ_SECONDS'] ?? 1);

/** For fc.assert: as many runs as the time allows; a slow machine makes fewer, and does not fail. */
export const FUZZ = {
  numRuns: 1_000_000,
  interruptAfterTimeLimit: seconds * 1_000,
} as const;

/** For the test: one run may still be under way when the time is over. */
export const FUZZ_TIMEOUT_MS = seconds * 1_000 + 60_000;

/** No input within the limits may take longer; far above what any takes, on any machine. */
export const ANSWER_MS_MAX = 20_000;
