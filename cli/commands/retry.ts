/** `retry`: puts an ended job back from one of its steps. */
import { retryFrom } from '#shared/jobs/operator/retryFrom.ts';
import { CliError, EXIT, type ExitCode } from '../errors.ts';
import { kindsAt } from '../input/check.ts';
import { json, out, plain } from '../print.ts';
import { actorOf, type DecisionOptions, withDeployment } from '../session.ts';

export interface RetryOptions extends DecisionOptions {
  readonly from: string;
}

/**
 * Puts one ended job back from a step.
 *
 * @throws CliError when there is no such job or no such step, or the job cannot be put back
 */
export const retry = (id: string, options: RetryOptions): Promise<ExitCode> =>
  withDeployment(options, async (session) => {
    const record = await session.store.get(id);
    if (!record) throw new CliError(`No record of job ${plain(id)}.`, EXIT.notFound);
    const { from, reason } = options;
    const deps = { ...session, kinds: await kindsAt(session) };
    const outcome = await retryFrom(record, from, { by: actorOf(options), reason }, deps);
    if (outcome.kind === 'not') {
      const { code, message } = outcome.why;
      throw new CliError(`${code}: ${plain(message)}`, EXIT.refused);
    }
    const { again } = outcome;
    if (options.json) json({ id, from, again });
    else
      out(`${plain(id)}  put back from "${plain(from)}"; done again: ${plain(again.join(', '))}`);
    return EXIT.ok;
  });
