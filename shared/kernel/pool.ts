/**
 * Maps with at most `width` calls under way; the results have the order of the items. The first
 * call that rejects rejects the whole.
 */
export const mapPool = async <T, R>(
  items: readonly T[],
  width: number,
  map: (item: T, index: number) => Promise<R>,
): Promise<readonly R[]> => {
  const results: R[] = [];
  const entries = items.entries();
  const drain = async (): Promise<void> => {
    for (const [index, item] of entries) results[index] = await map(item, index);
  };
  await Promise.all(Array.from({ length: Math.min(width, items.length) }, drain));
  return results;
};
