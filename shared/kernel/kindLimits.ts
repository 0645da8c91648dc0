/** The bounds that a kind declares within; a part of LIMITS. Who defines a kind loads no others. */

export const KIND_LIMITS = {
  timeoutSecondsDefault: 300,
  timeoutSecondsMax: 840,
  attemptsDefault: 5,
  attemptsMax: 100,
  retryBaseSecondsDefault: 1,
  retryCapSecondsDefault: 900,
  retryCapSecondsMax: 43_200,
  snoozesDefault: 100,
  snoozesMax: 10_000,
} as const;
