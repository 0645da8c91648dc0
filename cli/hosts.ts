/** Options of the `hosts` commands. */
import type { Command } from 'commander';
import { deferred } from '#shared/kernel/deferred.ts';
import type { SecretOptions } from './commands/callbacks.ts';
import type { AddHostOptions, ListOptions, OverlayOptions } from './commands/hosts/hosts.ts';
import type { HostHistoryOptions } from './commands/hosts/hostsShow.ts';
import type { WatchHostsOptions } from './commands/hosts/hostsWatch.ts';
import type { ImportHostsOptions } from './commands/import/importHosts.ts';
import type { ExitCode } from './errors.ts';
import { decided, positive, span, targeted, whole } from './options.ts';
import type { SessionOptions } from './session.ts';

const { secret } = deferred(() => import('./commands/callbacks.ts'));
const { addHostsCommand, listHostsCommand, overlay, removeHostsCommand } = deferred(
  () => import('./commands/hosts/hosts.ts'),
);
const { rebuild } = deferred(() => import('./commands/hosts/hostsRebuild.ts'));
const { hostHistoryCommand, showHostCommand } = deferred(
  () => import('./commands/hosts/hostsShow.ts'),
);
const { watchHostsCommand } = deferred(() => import('./commands/hosts/hostsWatch.ts'));
const { importHosts } = deferred(() => import('./commands/import/importHosts.ts'));

type Run = (work: Promise<ExitCode>) => Promise<void>;

const collect = (text: string, before: readonly string[]): readonly string[] => [...before, text];

const addRegistry = (hosts: Command, run: Run): void => {
  targeted(hosts.command('add'))
    .description('add hosts: a file of definitions (one, an array, JSON lines), or one in flags')
    .argument('<file|id>', 'a file, - for standard input, or the id of a host whose URL follows')
    .argument('[url]', 'where it is: http or https, name and port')
    .option('--kind <kind=price>', 'what it runs, and for how many minor units', collect, [])
    .option('--tag <tag>', 'a word that jobs may ask for', collect, [])
    .option('--unit <unit>', 'unit of its prices')
    .option('--concurrency <n>', 'runs at once', whole)
    .option('--path <path>', 'what is probed')
    .option('--interval <seconds>', 'between two probes: 5, 10, 15, 20, 30, 60', whole)
    .option('--timeout <ms>', 'of a probe', whole)
    .option('--degraded <ms>', 'an answer that takes longer is slow', whole)
    .option('--replace', 'change what is there under the same id')
    .action((what: string, url: string | undefined, options: AddHostOptions) =>
      run(addHostsCommand(what, url, options)),
    );
  targeted(hosts.command('list', { isDefault: true }))
    .description('which hosts there are')
    .option('--kind <kind>', 'those that run it')
    .option('--tag <tag>', 'those that carry it')
    .option('--limit <n>', 'at most so many', whole, 200)
    .action((options: ListOptions) => run(listHostsCommand(options)));
  targeted(hosts.command('secret'))
    .description('what calls to hosts are signed with: give it to those who run them')
    .option('--rotate', 'make a new one; the old one signs beside it until the next rotation')
    .action((options: SecretOptions) => run(secret('calls to hosts', options)));
  targeted(hosts.command('remove'))
    .description('take hosts away; what they run now they finish')
    .argument('<ids...>')
    .action((ids: string[], options: SessionOptions) => run(removeHostsCommand(ids, options)));
};

const addOverlays = (hosts: Command, run: Run): void => {
  for (const [name, kind, text] of [
    ['drain', 'drained', 'no new jobs; it is probed, and finishes what it has'],
    ['maintenance', 'maintenance', 'no new jobs and no events: people are at work on it'],
  ] as const)
    decided(hosts.command(name))
      .description(text)
      .argument('<ids...>')
      .option('--for <time>', 'then it ends by itself: 90s, 15m, 2h, 7d', span)
      .action((ids: string[], options: OverlayOptions) => run(overlay(ids, kind, options)));
  decided(hosts.command('undrain'))
    .description('back into service, from a drain or from maintenance')
    .argument('<ids...>')
    .action((ids: string[], options: OverlayOptions) => run(overlay(ids, undefined, options)));
};

const addReading = (hosts: Command, run: Run): void => {
  targeted(hosts.command('show'))
    .description('a host: its state, its settings, its uptime')
    .argument('<id>')
    .action((id: string, options: SessionOptions) => run(showHostCommand(id, options)));
  targeted(hosts.command('watch'))
    .description('every host as it stands, the worst first, until Ctrl-C')
    .option('--once', 'one look')
    .option('--every <seconds>', 'between two looks', positive, 2)
    .option('--limit <n>', 'at most so many hosts', whole, 40)
    .action((options: WatchHostsOptions) => run(watchHostsCommand(options)));
  targeted(hosts.command('history'))
    .description('uptime of a host, and its changes of state, newest first')
    .argument('<id>')
    .option('--limit <n>', 'at most so many', whole, 50)
    .action((id: string, options: HostHistoryOptions) => run(hostHistoryCommand(id, options)));
};

const addRepair = (hosts: Command, run: Run): void => {
  targeted(hosts.command('rebuild'))
    .description('write the row of every host anew from the states, after a restore')
    .argument('[shards...]', 'all when none is named')
    .action((shards: string[], options: SessionOptions) => run(rebuild(shards, options)));
};

const importing = (command: Command, run: Run): void => {
  targeted(command)
    .description("the original's workers.json; names each worker that cannot come along")
    .argument('<dir>', 'its data directory')
    .option('--local', 'also those that are on the machine itself')
    .option('--replace', 'change what is there under the same id')
    .option('--dry-run', 'only the report')
    .action((directory: string, options: ImportHostsOptions) =>
      run(importHosts(directory, options)),
    );
};

/**
 * Adds the `hosts` commands to the program.
 *
 * @param imports the command for imports from the original system, which also gets `hosts`
 */
export const addHostsCommands = (program: Command, imports: Command, run: Run): void => {
  const hosts = program.command('hosts').description('the hosts that mesh.dispatch jobs run on');
  addRegistry(hosts, run);
  addOverlays(hosts, run);
  addReading(hosts, run);
  addRepair(hosts, run);
  importing(hosts.command('import'), run);
  importing(imports.command('hosts'), run);
};
