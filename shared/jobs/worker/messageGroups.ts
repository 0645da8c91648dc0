/** FIFO groups: groups run in parallel, the jobs of one group one after another. */

/** Splits items into groups by key; each group keeps the order of its items. */
export const byMessageGroup = <T>(
  items: readonly T[],
  keyOf: (item: T) => string,
): readonly T[][] => [...Map.groupBy(items, keyOf).values()];

/** An item and its result. */
export interface GroupResult<T, R> {
  readonly item: T;
  /** undefined: the item was not started, because an earlier item of its group must come back. */
  readonly result: R | undefined;
}

/**
 * Runs all groups in parallel. A group stops after the first result for which `mustReturn` is true,
 * so that no later job of the group overtakes this one. `run` must not reject.
 */
export const runGroups = async <T, R>(
  groups: readonly (readonly T[])[],
  run: (item: T) => Promise<R>,
  mustReturn: (result: R) => boolean,
): Promise<readonly GroupResult<T, R>[]> => {
  const runGroup = async (group: readonly T[]): Promise<GroupResult<T, R>[]> => {
    const results: GroupResult<T, R>[] = [];
    let stopped = false;
    for (const item of group) {
      const result: R | undefined = stopped ? undefined : await run(item);
      stopped ||= result !== undefined && mustReturn(result);
      results.push({ item, result });
    }
    return results;
  };
  return (await Promise.all(groups.map(runGroup))).flat();
};
