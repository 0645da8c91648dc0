/** `console`: the page of any deployment, on this machine, with the user's own rights. */
import { type ConsoleOptions, openConsole } from '../console/open.ts';
import { EXIT, type ExitCode } from '../errors.ts';
import { untilInterrupted } from '../interrupted.ts';
import { note, out, paint } from '../print.ts';
import { nameTarget } from '../session.ts';

/** Serves the console until interrupted. Prints its address on standard output. */
export const consoleCommand = async (options: ConsoleOptions): Promise<ExitCode> => {
  const interrupted = untilInterrupted();
  const opened = await openConsole(options);
  try {
    nameTarget(opened.label);
    out(`console: ${paint('bold', opened.url)}`);
    note(
      options.readOnly
        ? 'It only reads. Whoever has this address reads what you may read. Ctrl-C ends it.'
        : 'Whoever has this address may do what you may do. Ctrl-C ends it.',
    );
    await interrupted;
    return EXIT.ok;
  } finally {
    await opened.stop();
  }
};
