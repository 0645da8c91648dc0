/** The margin of the operator, by how well a host works. The policy is that of the original. */

const clamp = (value: number, low: number, high: number): number =>
  Math.min(high, Math.max(low, value));

/**
 * The margin for a host. A host that fails or is slow leaves the operator a higher margin.
 * @param success moving average of the share of jobs that succeed, 0 to 1
 * @param latencyMs moving average, in ms
 * @returns 0.10 to 0.40
 */
export const marginOf = (success: number, latencyMs: number): number =>
  clamp(0.1 + 0.2 * (1 - clamp(success, 0, 1)) + 0.1 * clamp(latencyMs / 1_500, 0, 1), 0.1, 0.4);

/** A margin as parts per million. @param margin 0 to 1 */
export const ppmOf = (margin: number): number => Math.round(margin * 1_000_000);
