/** Fields of payloads and results that people see only when they ask for them. */
import type { Json } from '#shared/kernel/json.ts';

type Path = readonly string[];

/** What is shown in place of a value. */
export type Cover = (hidden: Json, path: string) => string;

/** What is wrong with the path of a field; undefined when nothing is. */
export const pathFault = (path: string): string | undefined =>
  path.split('.').every((part) => part !== '')
    ? undefined
    : `"${path}": names of fields with dots between, "*" for each item`;

/** The rest of the paths that go through this field. An item is also reached without its place. */
const below = (paths: readonly Path[], name: string): readonly Path[] =>
  paths.flatMap(([head, ...rest]) => (head === name || head === '*' ? [rest] : []));

const inItem = (paths: readonly Path[], index: number): readonly Path[] =>
  paths.flatMap((path) => {
    const [head = '', ...rest] = path;
    if (head === '*' || head === String(index)) return [rest];
    return /^\d+$/.test(head) ? [] : [path];
  });

const hidden = (value: Json, paths: readonly Path[], at: Path, cover: Cover): Json => {
  if (paths.length === 0 || value === null) return value;
  // A path that goes on into a text or a number: better too much hidden than too little.
  if (paths.some((path) => path.length === 0) || typeof value !== 'object')
    return cover(value, at.join('.'));
  if (Array.isArray(value))
    return value.map((item: Json, index) =>
      hidden(item, inItem(paths, index), [...at, String(index)], cover),
    );
  return Object.fromEntries(
    Object.entries(value).map(([name, each]) => [
      name,
      hidden(each, below(paths, name), [...at, name], cover),
    ]),
  );
};

/**
 * The value with a cover in place of each field that a path leads to.
 *
 * @param paths names of fields with dots between, `*` for each item or field
 */
export const hideFields = (value: Json, paths: readonly string[], cover: Cover): Json =>
  hidden(
    value,
    paths.map((path) => path.split('.')),
    [],
    cover,
  );
