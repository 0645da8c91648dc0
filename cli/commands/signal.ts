/** `signal`: tells a job what it waits for. */
import { signalJob } from '#shared/jobs/operator/signal.ts';
import type { SignalOutcome } from '#shared/jobs/steps/kept.ts';
import type { Json } from '#shared/kernel/json.ts';
import { CliError, EXIT, type ExitCode } from '../errors.ts';
import { json, out, plain, time } from '../print.ts';
import { actorOf, type DecisionOptions, withDeployment } from '../session.ts';

export interface SignalCommandOptions extends DecisionOptions {
  readonly id?: string;
}

const dataOf = (text: string): Json => {
  try {
    return JSON.parse(text) as Json;
  } catch {
    throw new CliError(`${plain(text)} is no JSON; text is in quotes: '"yes"'.`, EXIT.usage);
  }
};

const textOf = (outcome: SignalOutcome): string => {
  if (outcome.kind === 'kept') return 'kept; its wait ends, now or when it begins';
  if (outcome.kind === 'repeated') return 'was sent before';
  const { first } = outcome;
  return first.kind === 'timeout'
    ? `not taken: the time of the wait was over at ${time(first.at)}`
    : `not taken: ${first.signal.by} sent another one at ${time(first.signal.at)}`;
};

/**
 * Sends a signal to a job. Exits with 4 when another signal of the name, or the end of the wait, came
 * first.
 *
 * @throws CliError when the data is no JSON, or the signal is too large
 */
export const signal = (
  id: string,
  name: string,
  text: string | undefined,
  options: SignalCommandOptions,
): Promise<ExitCode> =>
  withDeployment(options, async (session) => {
    const wish = { name, data: dataOf(text ?? 'null'), id: options.id, by: actorOf(options) };
    const sent = await signalJob(id, wish, session);
    if (!sent.ok) throw new CliError(`${sent.error.code}: ${sent.error.message}`, EXIT.usage);
    if (options.json) json({ id, name, outcome: sent.value.kind });
    else out(`${plain(id)}  signal "${plain(name)}" ${plain(textOf(sent.value))}`);
    return sent.value.kind === 'taken' ? EXIT.refused : EXIT.ok;
  });
