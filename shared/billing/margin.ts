/** The operator's margin, by how well a host works: the original's default policy. */

const clamp = (value: number, low: number, high: number): number =>
  Math.min(high, Math.max(low, value));

/**
 * @param success share of jobs that succeed, moving average, 0 to 1
 * @param latencyMs moving average
 * @returns 0.10 to 0.40
 */
export const marginOf = (success: number, latencyMs: number): number =>
  clamp(0.1 + 0.2 * (1 - clamp(success, 0, 1)) + 0.1 * clamp(latencyMs / 1_500, 0, 1), 0.1, 0.4);

export const ppmOf = (margin: number): number => Math.round(margin * 1_000_000);
