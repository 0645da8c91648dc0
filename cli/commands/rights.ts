/** `rights`: the smallest policy with which commands work. Asks nobody. */
import { CliError, EXIT, type ExitCode } from '../errors.ts';
import { json, plain } from '../print.ts';
import { LOCAL_COMMANDS, RIGHTS, statementsOf, together } from '../rights.ts';

export interface RightsOptions {
  readonly stage: string;
}

/** The commands that a person names: one, or all of a group such as `schedules`. */
const namedBy = (given: string): readonly string[] => {
  const found = Object.keys(RIGHTS).filter(
    (name) => name === given || name.startsWith(`${given} `),
  );
  if (found.length > 0 || LOCAL_COMMANDS.some((name) => name === given)) return found;
  throw new CliError(`There is no command ${plain(given)}; docs/rights.md lists all.`, EXIT.usage);
};

/**
 * Prints a policy for IAM with what these commands need; without names for all commands.
 *
 * @throws CliError for a name that is no command
 */
export const rights = (names: readonly string[], { stage }: RightsOptions): Promise<ExitCode> => {
  const wanted = names.length > 0 ? names.flatMap(namedBy) : Object.keys(RIGHTS);
  json({ Version: '2012-10-17', Statement: statementsOf(together(wanted), stage) });
  return Promise.resolve(EXIT.ok);
};
