/**
 * A broken invariant. Asserts stay on in production: they must stop work that would corrupt data.
 */
export class AssertionError extends Error {
  override readonly name = 'AssertionError';
  readonly code = 'ASSERTION_FAILED';
}

/** @throws AssertionError ASSERTION_FAILED unless `condition` holds */
export function assert(condition: unknown, message: string): asserts condition {
  if (!condition) throw new AssertionError(message);
}
