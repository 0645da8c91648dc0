/** Reads CloudWatch's embedded metric format from the lines that functions print. */
import type { MetricStore } from './store.ts';

interface Directive {
  readonly Namespace: string;
  readonly Dimensions: readonly (readonly string[])[];
  readonly Metrics: readonly { readonly Name: string }[];
}

type Line = Readonly<Record<string, unknown>> & {
  readonly _aws?: {
    readonly Timestamp?: number;
    readonly CloudWatchMetrics?: readonly Directive[];
  };
};

const parsed = (text: string): Line | undefined => {
  if (!text.startsWith('{') || !text.includes('"_aws"')) return undefined;
  try {
    return JSON.parse(text) as Line;
  } catch {
    return undefined;
  }
};

const numbersIn = (value: unknown): readonly number[] =>
  [value].flat().filter((each): each is number => typeof each === 'number');

/**
 * Records the values of a line of metrics.
 *
 * @returns false when the line is not a line of metrics
 */
export const recordLine = (text: string, store: MetricStore): boolean => {
  const line = parsed(text);
  if (!line?._aws) return false;
  const { Timestamp: at = 0, CloudWatchMetrics = [] } = line._aws;
  for (const { Namespace: namespace, Dimensions, Metrics } of CloudWatchMetrics)
    for (const names of Dimensions) {
      const dimensions = Object.fromEntries(names.map((name) => [name, String(line[name])]));
      for (const { Name: name } of Metrics)
        store.record({ namespace, name, dimensions }, numbersIn(line[name]), at);
    }
  return true;
};
