/** The name that somebody may have meant. */

/** A name is taken for another one when so much of it is the same. */
const ALIKE = 0.6;

/** How many letters are to be changed, added or left out. */
const distance = (a: string, b: string): number => {
  let row = Array.from({ length: b.length + 1 }, (_, at) => at);
  for (const [i, letter] of [...a].entries()) {
    const next = [i + 1];
    for (let j = 0; j < b.length; j += 1)
      next.push(
        Math.min(
          (row[j] ?? 0) + (letter === b[j] ? 0 : 1),
          (row[j + 1] ?? 0) + 1,
          (next[j] ?? 0) + 1,
        ),
      );
    row = next;
  }
  return row[b.length] ?? 0;
};

/** The most similar of the names; undefined when none is much like the given one. */
export const similar = (given: string, names: Iterable<string>): string | undefined => {
  const rated = [...names].map((name) => {
    const most = Math.max(given.length, name.length, 1);
    return { name, rate: 1 - distance(given.toLowerCase(), name.toLowerCase()) / most };
  });
  const [best] = rated.toSorted((a, b) => b.rate - a.rate);
  return best && best.rate >= ALIKE ? best.name : undefined;
};
