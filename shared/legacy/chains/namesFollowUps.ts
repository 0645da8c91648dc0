/** Whether a result may name follow-up jobs. */

/** Both forms of follow-up jobs contain this text, so most results need not be parsed. */
const SAYS_SO = /followup_jobs"/;

/** Whether to look for follow-up jobs in a result. @param result JSON text */
export const mayNameFollowUps = (result: string | undefined): result is string =>
  result !== undefined && SAYS_SO.test(result);
