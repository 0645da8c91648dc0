/** Runs one command line, as program.ts describes it, and explains what went wrong. */
import { Command, CommanderError } from 'commander';
import { MeshError } from '#client/errors.ts';
import { ScheduleError } from '#shared/schedules/errors.ts';
import manifest from '../package.json' with { type: 'json' };
import { CliError, EXIT, type ExitCode } from './errors.ts';
import { note } from './print.ts';
import { addCommands } from './program.ts';

const textOf = (error: unknown): string => {
  if (!(error instanceof Error)) return String(error);
  // What AWS refused.
  if ('$fault' in error) return `${error.name}: ${error.message}`;
  const known = 'code' in error && typeof error.code === 'string';
  return known ? `${error.code}: ${error.message}` : (error.stack ?? error.message);
};

/** An error that a person can fix is one sentence; a fault of the code keeps its stack. */
const explain = (error: unknown): ExitCode => {
  if (error instanceof CliError) {
    note(error.message);
    return error.exitCode;
  }
  if (error instanceof MeshError) {
    note(error.message);
    return EXIT.failure;
  }
  if (error instanceof ScheduleError) {
    note(`${error.code}: ${error.message}`);
    return error.code === 'NOT_FOUND' ? EXIT.notFound : EXIT.usage;
  }
  note(textOf(error));
  return EXIT.failure;
};

/**
 * Runs a command to its end.
 *
 * @param args what is typed after `sheratan`
 * @returns the exit code; what went wrong is said on standard error
 */
export const runCommand = async (args: readonly string[]): Promise<ExitCode> => {
  let exitCode: ExitCode = EXIT.ok;
  const program = new Command('sheratan')
    .version(manifest.version)
    .description(
      'A job mesh on SQS FIFO queues and Lambda; here, in AWS, or on anything that speaks its API.',
    )
    .showSuggestionAfterError()
    // Set before the first command: commands inherit it.
    .exitOverride()
    .addHelpText(
      'after',
      '\nExit codes: 0 done, 1 failure, 2 usage, 3 not found, 4 refused or failed jobs, 5 not known or not ended yet.',
    );
  addCommands(program, async (work) => {
    exitCode = await work;
  });
  try {
    await program.parseAsync([...args], { from: 'user' });
    return exitCode;
  } catch (error) {
    // Commander has printed the help, or what is wrong with the words.
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.ok : EXIT.usage;
    return explain(error);
  }
};
