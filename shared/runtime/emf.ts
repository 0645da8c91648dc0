/**
 * Metrics in CloudWatch's embedded format: one log line per invocation, and one more for each kind
 * of job after the first, because a line holds one value of a dimension.
 */
import { METRIC_DIMENSIONS } from '#shared/contracts/metrics.ts';

/** CloudWatch's names of units. */
type Unit = 'Count' | 'Milliseconds' | 'None';

export interface Metrics {
  addMetric(name: string, unit: Unit, value: number): void;
  /** Counted for the kind, and for all kinds together. */
  addOfKind(kind: string, name: string, unit: Unit, value: number): void;
  /** Counted without the function's name: the usage of all functions together. */
  addUsage(name: string, unit: Unit, value: number): void;
  /**
   * Writes what was added, and forgets it.
   *
   * @param now ms since the epoch
   */
  flush(now: number): void;
}

/** Values of a metric that CloudWatch accepts in one line. */
const VALUES_MAX = 100;

interface Entry {
  readonly name: string;
  readonly unit: Unit;
  readonly values: number[];
}
type Group = Map<string, Entry>;

const add = (group: Group, name: string, unit: Unit, value: number): void => {
  const entry = group.get(name) ?? { name, unit, values: [] };
  entry.values.push(value);
  group.set(name, entry);
};

/** A part of the values, as many as a line can hold. */
const partOf = (group: Group | undefined, part: number): readonly Entry[] =>
  [...(group?.values() ?? [])].flatMap(({ name, unit, values }) => {
    const some = values.slice(part * VALUES_MAX, (part + 1) * VALUES_MAX);
    return some.length === 0 ? [] : [{ name, unit, values: some }];
  });

const directive = (
  Namespace: string,
  Dimensions: readonly (readonly string[])[],
  entries: readonly Entry[],
) =>
  entries.length === 0
    ? []
    : [
        {
          Namespace,
          Dimensions,
          Metrics: entries.map(({ name, unit }) => ({ Name: name, Unit: unit })),
        },
      ];

/**
 * Metrics of one function.
 *
 * @param write gets each line
 * @param isEmitted whether a metric is emitted at all
 */
export const createMetrics = (
  namespace: string,
  service: string,
  write: (line: string) => void,
  isEmitted: (name: string) => boolean = () => true,
): Metrics => {
  const plain: Group = new Map();
  const usage: Group = new Map();
  const kinds = new Map<string, Group>();
  const { service: ofService, kind: ofKind } = METRIC_DIMENSIONS;

  const print = (
    Timestamp: number,
    parts: readonly (readonly Entry[])[],
    kind: string | undefined,
  ): boolean => {
    const [mine = [], all = [], kinded = []] = parts;
    const CloudWatchMetrics = [
      ...directive(namespace, [[ofService]], mine),
      ...directive(namespace, [[]], all),
      ...directive(namespace, [[ofService], [ofService, ofKind]], kinded),
    ];
    if (CloudWatchMetrics.length === 0) return false;
    const values = parts.flat().map(({ name, values }) => [name, values]);
    const names = { [ofService]: service, ...(kind !== undefined && { [ofKind]: kind }) };
    const body = {
      _aws: { Timestamp, CloudWatchMetrics },
      ...names,
      ...Object.fromEntries(values),
    };
    write(JSON.stringify(body));
    return true;
  };

  const addTo = (group: Group, name: string, unit: Unit, value: number): void => {
    if (isEmitted(name)) add(group, name, unit, value);
  };
  return {
    addMetric: (name, unit, value) => addTo(plain, name, unit, value),
    addUsage: (name, unit, value) => addTo(usage, name, unit, value),
    addOfKind: (kind, name, unit, value) => {
      if (!isEmitted(name)) return;
      const group = kinds.get(kind) ?? new Map();
      kinds.set(kind, group);
      add(group, name, unit, value);
    },
    flush: (now) => {
      const [first, ...others] = [...kinds];
      for (let part = 0; ; part += 1) {
        const parts = [partOf(plain, part), partOf(usage, part), partOf(first?.[1], part)];
        if (!print(now, parts, first?.[0])) break;
      }
      for (const [kind, group] of others)
        for (let part = 0; print(now, [[], [], partOf(group, part)], kind); part += 1);
      for (const group of [plain, usage, kinds]) group.clear();
    },
  };
};
