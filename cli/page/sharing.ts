/** Keeps what is equal in two answers, so that what did not change is not drawn again. */

type JsonRecord = Readonly<Record<string, unknown>>;

const isRecord = (value: unknown): value is JsonRecord =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const idOf = (row: unknown): unknown => (isRecord(row) ? row['id'] : undefined);

/** A row with an id is the row that it was, wherever it moved to. */
const sharedRows = (old: readonly unknown[], next: readonly unknown[]): readonly unknown[] => {
  const known = new Map(old.map((row) => [idOf(row), row]));
  const rows = next.map((row, at) => {
    const id = idOf(row);
    return sharedWith(id === undefined ? old[at] : known.get(id), row);
  });
  return rows.length === old.length && rows.every((row, at) => row === old[at]) ? old : rows;
};

const sharedRecord = (old: JsonRecord, next: JsonRecord): JsonRecord => {
  const parts = Object.entries(next).map(([name, value]) => [name, sharedWith(old[name], value)]);
  const isSame =
    parts.length === Object.keys(old).length &&
    parts.every(
      ([name, value]) => Object.hasOwn(old, name as string) && value === old[name as string],
    );
  return isSame ? old : (Object.fromEntries(parts) as JsonRecord);
};

/** The next value of JSON; each part of it that is equal to a part of the old value is that part. */
export const sharedWith = <T>(old: unknown, next: T): T => {
  if (Array.isArray(old) && Array.isArray(next)) return sharedRows(old, next) as T;
  return isRecord(old) && isRecord(next) ? (sharedRecord(old, next) as T) : next;
};
