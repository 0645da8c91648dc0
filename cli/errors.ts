/** Exit codes of the command, and the error that says what a person must do. */

export const EXIT = {
  ok: 0,
  /** Something failed: no deployment, no network, no permission. */
  failure: 1,
  usage: 2,
  notFound: 3,
  /** A job ended DEAD or QUARANTINED, or input was refused. */
  refused: 4,
  /** A job has not ended within the given time. */
  open: 5,
} as const;

export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

/**
 * An error that a person can fix: the command prints its message without a stack, and ends with its
 * exit code.
 */
export class CliError extends Error {
  override readonly name: string = 'CliError';
  readonly exitCode: ExitCode;
  constructor(message: string, exitCode: ExitCode = EXIT.failure, options?: ErrorOptions) {
    super(message, options);
    this.exitCode = exitCode;
  }
}
