/** The options of the `sheratan` command; its work is in commands/. */
import { type Command, Option } from 'commander';
import { TABLE_ENGINES } from '#emulator/tables/tableEngine.ts';
import { deferred } from '#shared/kernel/deferred.ts';
import type { BridgeCommandOptions } from './commands/bridge.ts';
import type { EnvOptions } from './commands/env.ts';
import type { ImportHistoryOptions } from './commands/import/importHistory.ts';
import type { TypesOptions } from './commands/kinds.ts';
import type { JobsOptions, ShownOptions } from './commands/read.ts';
import type { RightsOptions } from './commands/rights.ts';
import type { SendCommandOptions } from './commands/send.ts';
import type { StartOptions } from './commands/up.ts';
import type { WatchOptions } from './commands/watch.ts';
import type { WorkspaceOptions } from './commands/workspace.ts';
import type { ConsoleOptions } from './console/open.ts';
import type { UpOptions } from './embedded.ts';
import type { ExitCode } from './errors.ts';
import { addHostCommands } from './host.ts';
import { addHostsCommands } from './hosts.ts';
import { addLedgerCommands } from './ledger.ts';
import { addOperatorCommands } from './operate.ts';
import { stage, targeted, whole } from './options.ts';
import type { SessionOptions } from './session.ts';

const { dev } = deferred(() => import('./commands/dev.ts'));
const { consoleCommand } = deferred(() => import('./commands/console.ts'));
const { env } = deferred(() => import('./commands/env.ts'));
const { flow } = deferred(() => import('./commands/flow.ts'));
const { kindsCommand, typesCommand } = deferred(() => import('./commands/kinds.ts'));
const { bridgeCommand } = deferred(() => import('./commands/bridge.ts'));
const { importHistory } = deferred(() => import('./commands/import/importHistory.ts'));
const { init } = deferred(() => import('./commands/init.ts'));
const { jobs, statusCommand, why } = deferred(() => import('./commands/read.ts'));
const { rights } = deferred(() => import('./commands/rights.ts'));
const { send } = deferred(() => import('./commands/send.ts'));
const { start, up } = deferred(() => import('./commands/up.ts'));
const { watch } = deferred(() => import('./commands/watch.ts'));
const { listWorkspaceCommand, push } = deferred(() => import('./commands/workspace.ts'));

type Run = (work: Promise<ExitCode>) => Promise<void>;

const hosted = (command: Command): Command =>
  command
    .addOption(stage('the stage that it is').default('dev'))
    .option('--environments <n>', 'worker processes at once', whole)
    .option('--assembly <dir>', 'run this synthesized assembly')
    .addOption(
      new Option('--tables <engine>', 'what serves the tables').choices([...TABLE_ENGINES]),
    )
    .option('--kinds <module>', "the project's kinds; jobs/index.ts by default")
    .option('--data <dir>', 'keep all data there, and go on from it; else it is gone at the end')
    .option('--logs', "print the functions' log lines");

const addClouds = (program: Command, run: Run): void => {
  hosted(program.command('up'))
    .description('start the embedded cloud and keep it running')
    .action((options: UpOptions) => run(up(options)));

  program
    .command('init')
    .description('write a first kind, its test and a CDK app into a project; overwrites nothing')
    .argument('[folder]', 'the project; the present folder by default')
    .action((folder: string | undefined) => run(init(folder)));

  hosted(program.command('dev'))
    .description("start the embedded cloud with the project's kinds, and reload them on save")
    .addOption(
      new Option('--inspect [port]', 'let a debugger connect; jobs then run one at a time')
        .argParser(whole)
        .preset(9_229),
    )
    .action((options: UpOptions) => run(dev(options)));

  hosted(program.command('start'))
    .description('start the embedded cloud, run the sample jobs, and keep it running')
    .option('--once', 'leave when the sample jobs have ended')
    .option('--json', 'for programs')
    .action((options: StartOptions) => run(start(options)));
};

const SHOW_SENSITIVE = ['--show-sensitive', 'also the fields that kinds call sensitive'] as const;

const addJobs = (program: Command, run: Run): void => {
  targeted(program.command('send'))
    .description('send jobs: one envelope, an array, or JSON lines')
    .argument('<file>', 'a file, or - for standard input; with --legacy a data directory')
    .option('--legacy', "read the original system's *.job.json files; the mesh judges them")
    .option('--unchecked', 'let the mesh judge: what it cannot run ends QUARANTINED there')
    .option('--wait <seconds>', 'follow the jobs to their end', whole)
    .action((file: string, options: SendCommandOptions) => run(send(file, options)));

  targeted(program.command('status'))
    .description('one job: its state, its result')
    .argument('<id>')
    .option(...SHOW_SENSITIVE)
    .action((id: string, options: ShownOptions) => run(statusCommand(id, options)));

  targeted(program.command('watch'))
    .description('follow jobs until they have ended')
    .argument('<ids...>')
    .option('--timeout <seconds>', '0 waits for ever', whole, 0)
    .option(...SHOW_SENSITIVE)
    .action((ids: string[], options: WatchOptions) => run(watch(ids, options)));
};

const addTools = (program: Command, run: Run): void => {
  program
    .command('console')
    .description('see and steer a mesh in the browser, with your own rights')
    .addOption(stage('the deployment; absent: the embedded cloud here, else dev in AWS'))
    .option('--endpoint <url>', 'an AWS-compatible endpoint that holds the stack')
    .option('--region <name>', "the stack's region in AWS")
    .option('--port <n>', 'the port on this machine; any free one when it is taken', whole, 4_400)
    .option('--read-only', 'let the page change nothing')
    .option('--production', 'mark the target as production; a stage called prod is marked anyway')
    .option('--by <name>', 'who decides, instead of you')
    .action((options: ConsoleOptions) => run(consoleCommand(options)));

  program
    .command('env')
    .description('print what a program in any language needs to reach the deployment')
    .addOption(stage('the deployment; absent: the embedded cloud here, else dev in AWS'))
    .option('--endpoint <url>', 'an AWS-compatible endpoint that holds the stack')
    .option('--region <name>', "the stack's region in AWS")
    .addOption(
      new Option('--format <form>', 'for a shell, a .env file, or programs')
        .choices(['sh', 'dotenv', 'json'])
        .default('sh'),
    )
    .action((options: EnvOptions) => run(env(options)));

  targeted(program.command('kinds'))
    .description('the kinds that the deployment can run, and what they take')
    .action((options: SessionOptions) => run(kindsCommand(options)));

  targeted(program.command('types'))
    .description('types of the payloads for senders in other languages')
    .addOption(
      new Option('--lang <language>', 'the language')
        .choices(['ts', 'python', 'go'])
        .makeOptionMandatory(),
    )
    .action((options: TypesOptions) => run(typesCommand(options)));

  program
    .command('rights')
    .description('print the smallest IAM policy with which commands work')
    .argument('[commands...]', 'such as doctor, schedules, "send --wait"; all by default')
    .addOption(stage('of the deployment').default('dev'))
    .action((names: string[], options: RightsOptions) => run(rights(names, options)));
};

const addLooks = (program: Command, run: Run): void => {
  targeted(program.command('jobs'))
    .description('jobs that need attention, or those with a label')
    .addOption(new Option('--mission <id>', 'jobs of a mission').conflicts('task'))
    .option('--task <id>', 'jobs of a task')
    .addOption(
      new Option('--open', 'that have not ended, the longest untouched first').conflicts([
        'mission',
        'task',
      ]),
    )
    .addOption(
      new Option('--waiting', 'that wait in the middle of their work, with what for').conflicts([
        'mission',
        'task',
        'open',
      ]),
    )
    .option('--limit <n>', 'at most so many', whole, 50)
    .option(...SHOW_SENSITIVE)
    .action((options: JobsOptions) => run(jobs(options)));

  targeted(program.command('why'))
    .description('the trace of a job: every decision, in order')
    .argument('<id>')
    .option(...SHOW_SENSITIVE)
    .action((id: string, options: ShownOptions) => run(why(id, options)));

  targeted(program.command('flow'))
    .description('the tree of the jobs that follow from a job, with states')
    .argument('<id>')
    .action((id: string, options: SessionOptions) => run(flow(id, options)));
};

const addBridge = (program: Command, run: Run): void => {
  targeted(program.command('bridge'))
    .description("run the original system's job files as jobs, and write its result files")
    .argument('<dir>', 'its directory, with data/webrelay_out and data/webrelay_in')
    .option('--kinds <kinds>', 'only these kinds, with commas; all that the mesh knows by default')
    .option('--worker <id>', 'only files that are meant for this worker')
    .option('--out <dir>', 'where job files are, in place of data/webrelay_out')
    .option('--in <dir>', 'where result files go, in place of data/webrelay_in')
    .option('--core <url>', "the original's core, which is told of each result")
    .option('--state', 'with --core: keep the system state of both the same')
    .option('--http <place>', "PORT or HOST:PORT: serve the original's HTTP interface there")
    .option('--fallback <seconds>', 'without the mesh for so long, work goes back', whole, 30)
    .option('--by <name>', 'who decides, for traces')
    .option('--report', 'claim nothing: run each job in the mesh too, and compare the results')
    .option('--dry-run', 'say what would happen to each file')
    .option('--once', 'end when all files that are there have come back')
    .action((directory: string, options: BridgeCommandOptions) =>
      run(bridgeCommand(directory, options)),
    );
};

const addWorkspaces = (program: Command, run: Run): void => {
  const workspace = program.command('workspace').description('files that jobs read and write');
  targeted(workspace.command('push'))
    .description('upload a directory')
    .argument('<dir>')
    .option('--name <workspace>', 'which workspace', 'default')
    .action((dir: string, options: WorkspaceOptions) => run(push(dir, options)));
  targeted(workspace.command('list'))
    .description('list the files of a workspace')
    .option('--name <workspace>', 'which workspace', 'default')
    .action((options: WorkspaceOptions) => run(listWorkspaceCommand(options)));
};

/**
 * Adds all commands.
 *
 * @param run awaits the work of the command that was given, and keeps its exit code
 */
export const addCommands = (program: Command, run: Run): Command => {
  addClouds(program, run);
  addJobs(program, run);
  addTools(program, run);
  addLooks(program, run);
  addOperatorCommands(program, run);
  addBridge(program, run);
  const imports = program.command('import').description('bring in data of the original system');
  addLedgerCommands(program, imports, run);
  addHostsCommands(program, imports, run);
  targeted(imports.command('history'))
    .description("the original's decision traces: `why` tells them")
    .argument('<dir>', 'its data directory')
    .option('--dry-run', 'only the report')
    .action((directory: string, options: ImportHistoryOptions) =>
      run(importHistory(directory, options)),
    );
  addHostCommands(program, run);
  addWorkspaces(program, run);
  return program;
};
