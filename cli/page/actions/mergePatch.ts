/** The difference of two payloads, as a merge patch (RFC 7396) and as lines. */

type Value = unknown;
const isObject = (value: Value): value is Readonly<Record<string, Value>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const same = (a: Value, b: Value): boolean => JSON.stringify(a) === JSON.stringify(b);

/** A merge patch removes with `null`, so it cannot write one. */
export class NullError extends Error {
  override readonly name = 'NullError';
}

const written = (value: Value): Value => {
  if (value === null)
    throw new NullError('A redrive cannot write null into an object: leave the field out.');
  if (isObject(value)) for (const each of Object.values(value)) written(each);
  return value;
};

type Fields = Readonly<Record<string, Value>>;

const changed = (from: Fields, to: Fields): Fields => {
  const patch: Record<string, Value> = {};
  for (const name of Object.keys(from)) if (!Object.hasOwn(to, name)) patch[name] = null;
  for (const [name, value] of Object.entries(to))
    if (!same(from[name], value)) patch[name] = patchBetween(from[name], value);
  return patch;
};

/**
 * What a merge patch must say so that `from` becomes `to`; undefined when they are the same.
 *
 * @throws NullError when no merge patch can
 */
export const patchBetween = (from: Value, to: Value): Value => {
  if (same(from, to)) return undefined;
  return isObject(from) && isObject(to) ? changed(from, to) : written(to);
};

/** One line of a difference. */
export interface DiffLine {
  readonly sign: ' ' | '-' | '+';
  readonly text: string;
}

/** How many lines at the start are the same in both, among the first `most`. */
const sameLines = (a: readonly string[], b: readonly string[], most: number): number => {
  let count = 0;
  while (count < most && a[count] === b[count]) count += 1;
  return count;
};

const signed = (sign: DiffLine['sign'], lines: readonly string[]): readonly DiffLine[] =>
  lines.map((text) => ({ sign, text }));

/** What leaves and what comes, between the lines that are the same at both ends. */
export const diffLines = (from: string, to: string): readonly DiffLine[] => {
  const [a, b] = [from.split('\n'), to.split('\n')];
  const most = Math.min(a.length, b.length);
  const above = sameLines(a, b, most);
  const below = sameLines(a.toReversed(), b.toReversed(), most - above);
  return [
    ...signed(' ', a.slice(0, above)),
    ...signed('-', a.slice(above, a.length - below)),
    ...signed('+', b.slice(above, b.length - below)),
    ...signed(' ', a.slice(a.length - below)),
  ];
};
