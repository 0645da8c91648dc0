/** List prices of AWS in US$ per unit: us-east-1, on demand, without the free tier (2026-11). */
export const USD = {
  writeUnit: 0.625e-6,
  readUnit: 0.125e-6,
  queueRequest: 0.5e-6,
  invocation: 0.2e-6,
  /** arm64. */
  gigabyteSecond: 1.33334e-5,
  /** Per GB taken in; the price of the first 10 TB of Lambda's logs. */
  logGigabyte: 0.5,
  /** Per metric and month; the next two are per alarm and per dashboard. */
  customMetric: 0.3,
  alarm: 0.1,
  dashboard: 3,
} as const;
