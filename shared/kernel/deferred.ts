/** What is loaded when it is first used, and costs nothing before. */

/** The methods of `T` that answer by promise. */
export type Deferred<T> = {
  readonly [K in keyof T as T[K] extends (...args: never) => Promise<unknown> ? K : never]: T[K];
};

type Method = (...args: readonly unknown[]) => unknown;

/**
 * Stands in for what `load` brings: its methods load it first, all of them the same one. A load
 * that failed is tried again by the next call.
 */
export const deferred = <T extends object>(load: () => Promise<T>): Deferred<T> => {
  let loading: Promise<T> | undefined;
  const loaded = (): Promise<T> => {
    loading ??= load().catch((error: unknown) => {
      loading = undefined;
      throw error;
    });
    return loading;
  };
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
