/** Options of the `host` commands: hosts that run on this machine. */
import { type Command, InvalidArgumentError } from 'commander';
import { deferred } from '#shared/kernel/deferred.ts';
import type { ServeOptions } from './commands/hosts/host.ts';
import type { ExitCode } from './errors.ts';
import { whole } from './options.ts';

const { serveHosts } = deferred(() => import('./commands/hosts/host.ts'));

type Run = (work: Promise<ExitCode>) => Promise<void>;

const atLeastOne = (text: string): number => {
  if (whole(text) === 0) throw new InvalidArgumentError('must be 1 or more');
  return whole(text);
};

/** Adds `host serve` to the program. */
export const addHostCommands = (program: Command, run: Run): void => {
  const host = program.command('host').description('example hosts of the mesh, on this machine');
  host
    .command('serve')
    .description('run them and stay; SIGTERM or Ctrl-C drains them, a second one ends them')
    .option('--count <n>', 'so many, each on a port of its own', atLeastOne, 1)
    .option('--port <n>', 'of the first one; 0 takes free ones', whole, 8080)
    .option('--address <ip>', 'where they listen', '127.0.0.1')
    .option('--kinds <names>', 'of echo, sleep, fail', 'echo,sleep,fail')
    .option('--concurrency <n>', 'runs at once, each', atLeastOne, 4)
    .option('--latency <ms>', 'each answer waits so long', whole, 0)
    .option('--secret <text>', 'take only jobs that are signed by it')
    .option('--json', 'for programs: the endpoints, as soon as they listen')
    .action((options: ServeOptions) => run(serveHosts(options)));
};
