/** What is wrong with a schedule, for the person who wrote it. */
export class ScheduleError extends Error {
  override readonly name = 'ScheduleError';
  readonly code:
    | 'EXPRESSION_INVALID'
    | 'TIMEZONE_UNKNOWN'
    | 'NAME_INVALID'
    | 'ENVELOPE_INVALID'
    | 'TOO_LARGE'
    | 'EXISTS'
    | 'NOT_FOUND';
  constructor(code: ScheduleError['code'], message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
