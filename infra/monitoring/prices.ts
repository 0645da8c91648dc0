/** List prices of AWS in US$ per unit: us-east-1, on demand, without the free tier (2026-11). */
export const USD = {
  writeUnit: 0.625e-6,
  readUnit: 0.125e-6,
  queueRequest: 0.5e-6,
  /** Of a queue without order, such as that of probes. */
  standardQueueRequest: 0.4e-6,
  invocation: 0.2e-6,
  /** arm64. */
  gigabyteSecond: 1.33334e-5,
  /** Per GB taken in; the price of the first 10 TB of Lambda's logs. */
  logGigabyte: 0.5,
  /** Per metric and month. */
  customMetric: 0.3,
  /** Per month and metric that an alarm watches. */
  alarmMetric: 0.1,
  /** Per month; one with more than 50 metrics is in no free tier. */
  dashboard: 3,
  /** Per month. */
  secret: 0.4,
  /** Per hour and zone. */
  interfaceEndpointHour: 0.01,
  /** Per hour; each GB costs as much once more. */
  natGatewayHour: 0.045,
} as const;
