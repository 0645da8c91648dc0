/** An expected success or failure. Exceptions are for broken invariants and for infrastructure. */
export type Result<T, E> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly error: E };

/** The Result of a success. */
export const ok = <T>(value: T): Result<T, never> => ({ ok: true, value });
/** The Result of an expected failure; nothing is thrown. */
export const err = <E>(error: E): Result<never, E> => ({ ok: false, error });
