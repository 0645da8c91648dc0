/** What the command tells a person or a script: exit codes and errors that say what to do. */

export const EXIT = {
  ok: 0,
  /** Something broke: no deployment, no network, no permission. */
  failure: 1,
  usage: 2,
  notFound: 3,
  /** A job ended DEAD or QUARANTINED, or input was refused. */
  refused: 4,
  /** Not ended within the time asked for. */
  open: 5,
} as const;

export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

export class CliError extends Error {
  override readonly name: string = 'CliError';
  readonly exitCode: ExitCode;
  constructor(message: string, exitCode: ExitCode = EXIT.failure, options?: ErrorOptions) {
    super(message, options);
    this.exitCode = exitCode;
  }
}
