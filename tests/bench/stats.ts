/** Percentiles and lines of the report. */
export const percentile = (values: readonly number[], share: number): number => {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
};

export const spread = (values: readonly number[]) => ({
  n: values.length,
  p50: percentile(values, 0.5),
  p99: percentile(values, 0.99),
  max: percentile(values, 1),
});

export const round = (value: number, digits = 1): number => Number(value.toFixed(digits));
export const line = (label: string, value: string): void =>
  console.log(`${label.padEnd(44)} ${value}`);
export const title = (text: string): void => console.log(`\n${text}\n${'-'.repeat(text.length)}`);
