/** Errors of AWS that say that the caller lacks a right. */

const DENIED = /Access ?Denied|UnauthorizedOperation|NotAuthorized/i;

/** Whether AWS refused the call because the caller has no right to it: to call again does not help. */
export const isDenied = (error: unknown): boolean =>
  error instanceof Error && DENIED.test(error.name);
