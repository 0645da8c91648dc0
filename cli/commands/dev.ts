/**
 * `dev`: the embedded cloud with the project's own kinds, which are built again after each change.
 */
import { relative } from 'node:path';
import type { BuiltWorker, KindsError } from '#client/dev/ownKinds.ts';
import { projectRoot } from '#client/state.ts';
import { openProject, type Project } from '../dev/project.ts';
import { watchKinds } from '../dev/watchKinds.ts';
import { type Embedded, startEmbedded, type UpOptions } from '../embedded.ts';
import { CliError, EXIT, type ExitCode } from '../errors.ts';
import { untilInterrupted } from '../interrupted.ts';
import { duration, note, paint, plain } from '../print.ts';

const namesText = (before: readonly string[], after: readonly string[]): string => {
  const added = after.filter((name) => !before.includes(name)).map((name) => `+${name}`);
  const gone = before.filter((name) => !after.includes(name)).map((name) => `-${name}`);
  return [...added, ...gone].join(' ') || `${after.length} kinds`;
};

const sayFault = (fault: KindsError): void =>
  note(`${paint('red', plain(fault.message))}\nThe kinds of before go on.`);

/**
 * Builds a new worker after each change, until interrupted. Jobs that start later run on the new
 * worker.
 */
const follow = async (
  project: Project,
  first: BuiltWorker,
  embedded: Embedded,
  interrupted: Promise<void>,
): Promise<void> => {
  let current = first;
  const watching = watchKinds(project.kinds, first.sources, {
    onFault: sayFault,
    onBuilt: (worker, ms) => {
      embedded.replaceWorker(worker);
      note(paint('green', `reloaded: ${namesText(current.kinds, worker.kinds)} (${duration(ms)})`));
      current = worker;
    },
  });
  try {
    await interrupted;
  } finally {
    watching.stop();
    await project.kinds.close();
  }
};

/**
 * Runs the embedded cloud with the project's kinds until interrupted.
 *
 * @throws CliError when the project has no kinds, or they cannot run
 */
export const dev = async (options: UpOptions): Promise<ExitCode> => {
  const project = await openProject(options);
  if (!project)
    throw new CliError(
      'There are no kinds here: write jobs/index.ts (npx sheratan init does), or name a module with --kinds.',
      EXIT.notFound,
    );
  const interrupted = untilInterrupted();
  const worker = await project.kinds.build();
  const embedded = await startEmbedded({ logs: true, ...options }, worker);
  try {
    const where = relative(projectRoot(), project.module);
    note(
      paint('green', `Sheratan runs here with the kinds of ${where}: ${worker.kinds.join(', ')}`),
    );
    note(`console: ${paint('bold', embedded.state.dashboard ?? '')}`);
    if (options.inspect)
      note(
        `debugger: ${paint('bold', `127.0.0.1:${options.inspect}`)} (chrome://inspect, or attach your editor to the port)`,
      );
    note(`Each save of a kind reloads it. Ctrl-C stops everything.`);
    await follow(project, worker, embedded, interrupted);
    return EXIT.ok;
  } finally {
    await embedded.stop();
  }
};
