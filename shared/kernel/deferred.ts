/** Things that are loaded at their first use, and cost nothing before. */

/** The methods of `T` that return a promise. */
export type Deferred<T> = {
  readonly [K in keyof T as T[K] extends (...args: never) => Promise<unknown> ? K : never]: T[K];
};

type Method = (...args: readonly unknown[]) => unknown;

/**
 * Calls `open` once and gives its value to all callers. After a failure, the next caller opens
 * again.
 */
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
 * Stands in for the object that `load` gives. The first call of a method loads the object, once for
 * all methods. After a load that failed, the next call loads again.
 */
export const deferred = <T extends object>(load: () => Promise<T>): Deferred<T> => {
  const loaded = kept(load);
  const method =
    (name: string): Method =>
    async (...args) => {
      const target = await loaded();
      return (target as Readonly<Record<string, Method>>)[name]?.(...args);
    };
  // `await` looks for a method `then`. A `then` from here would never settle, and `await` would
  // hang.
  const get = (_: object, name: string | symbol) =>
    typeof name === 'string' && name !== 'then' ? method(name) : undefined;
  return new Proxy({}, { get }) as Deferred<T>;
};
