/** What is loaded when it is first used, and costs nothing before. */

/** The methods of `T` that answer by promise. */
export type Deferred<T> = {
  readonly [K in keyof T as T[K] extends (...args: never) => Promise<unknown> ? K : never]: T[K];
};

type Method = (...args: readonly unknown[]) => unknown;

/** What `open` brings, opened once for all who ask. An opening that failed is tried again by the next. */
export const kept = <T>(open: () => Promise<T>): (() => Promise<T>) => {
  let opened: Promise<T> | undefined;
  return () => {
    opened ??= open().catch((error: unknown) => {
      opened = undefined;
      throw error;
    });
    return opened;
  };
};

/**
 * Stands in for what `load` brings: its methods load it first, all of them the same one. A load
 * that failed is tried again by the next call.
 */
export const deferred = <T extends object>(load: () => Promise<T>): Deferred<T> => {
  const loaded = kept(load);
  const method =
    (name: string): Method =>
    async (...args) => {
      const target = await loaded();
      return (target as Readonly<Record<string, Method>>)[name]?.(...args);
    };
  // `await` looks for a method `then`: without this exception it would wait for ever.
  const get = (_: object, name: string | symbol) =>
    typeof name === 'string' && name !== 'then' ? method(name) : undefined;
  return new Proxy({}, { get }) as Deferred<T>;
};
