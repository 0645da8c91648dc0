/** FIFO lanes: groups run beside each other, the jobs of one group one after another. */

/** Splits into lanes by key, keeping the order within each. */
export const lanesOf = <T>(items: readonly T[], keyOf: (item: T) => string): readonly T[][] => [
  ...Map.groupBy(items, keyOf).values(),
];

export interface LaneResult<T, R> {
  readonly item: T;
  /** undefined: not started, because an earlier item of its lane must come back. */
  readonly result: R | undefined;
}

/**
 * Runs all lanes in parallel. A lane stops after the first result that `mustReturn`, so that no
 * later job of a group overtakes it. `run` must not reject.
 */
export const runLanes = async <T, R>(
  lanes: readonly (readonly T[])[],
  run: (item: T) => Promise<R>,
  mustReturn: (result: R) => boolean,
): Promise<readonly LaneResult<T, R>[]> => {
  const runLane = async (lane: readonly T[]): Promise<LaneResult<T, R>[]> => {
    const results: LaneResult<T, R>[] = [];
    let stopped = false;
    for (const item of lane) {
      const result: R | undefined = stopped ? undefined : await run(item);
      stopped ||= result !== undefined && mustReturn(result);
      results.push({ item, result });
    }
    return results;
  };
  return (await Promise.all(lanes.map(runLane))).flat();
};
