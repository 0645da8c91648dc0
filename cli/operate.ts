/**
 * Options of the commands for operating a mesh: decisions about jobs, groups, sources and the
 * system.
 */
import { type Command, Option } from 'commander';
import { ATTENTION } from '#shared/contracts/jobs.ts';
import { OVERLAPS } from '#shared/jobs/envelope/schema.ts';
import { deferred } from '#shared/kernel/deferred.ts';
import type { ReplayOptions, SecretOptions } from './commands/callbacks.ts';
import type { LimitOptions, PauseOptions, StateOptions } from './commands/control.ts';
import type { RedriveCommandOptions } from './commands/redrive.ts';
import type { RetryOptions } from './commands/retry.ts';
import type { AddScheduleOptions } from './commands/schedules.ts';
import type { SignalCommandOptions } from './commands/signal.ts';
import type { UpgradeOptions } from './commands/upgrade.ts';
import type { ExitCode } from './errors.ts';
import { decided, moment, positive, targeted, whole } from './options.ts';
import type { DecisionOptions, SessionOptions } from './session.ts';

const callbackCommands = () => import('./commands/callbacks.ts');
const { listFailed, replay, secret, showDelivery } = deferred(callbackCommands);
const controlCommands = () => import('./commands/control.ts');
const { listLimits, pause, setLimits, state } = deferred(controlCommands);
const { cancel, decideGroups, listGroups } = deferred(() => import('./commands/decide.ts'));
const { doctor } = deferred(() => import('./commands/doctor.ts'));
const { retry } = deferred(() => import('./commands/retry.ts'));
const { signal } = deferred(() => import('./commands/signal.ts'));
const { upgradeCommand } = deferred(() => import('./commands/upgrade.ts'));
const { redriveCommand } = deferred(() => import('./commands/redrive.ts'));
const { addScheduleCommand, enable, listSchedulesCommand, removeScheduleCommand } = deferred(
  () => import('./commands/schedules.ts'),
);

type Run = (work: Promise<ExitCode>) => Promise<void>;

const addJobDecisions = (program: Command, run: Run): void => {
  decided(program.command('cancel'))
    .description('end jobs that wait, ask running ones to end')
    .argument('<ids...>')
    .action((ids: string[], options: DecisionOptions) => run(cancel(ids, options)));

  decided(program.command('signal'))
    .description('tell a job what it waits for')
    .argument('<job>', 'its id')
    .argument('<name>', 'of the wait')
    .argument('[json]', 'the data; null by default')
    .option('--id <id>', 'the same signal sent again has the same id; by default a hash')
    .action((job: string, name: string, data: string | undefined, options: SignalCommandOptions) =>
      run(signal(job, name, data, options)),
    );

  decided(program.command('retry'))
    .description('put an ended job back from one of its steps')
    .argument('<job>', 'its id')
    .requiredOption('--from <step>', 'this step, and all that ended after it, are done again')
    .action((job: string, options: RetryOptions) => run(retry(job, options)));

  decided(program.command('redrive'))
    .description('put dead and refused jobs back, oldest first')
    .argument('[ids...]')
    .addOption(new Option('--status <status>', 'only these').choices(ATTENTION))
    .option('--kind <kind>', 'only of this kind')
    .option('--source <source>', 'only of this source')
    .option('--error <code>', 'only those whose last error has this code')
    .option('--since <time>', 'only those that ended since: a date, or 15m, 2h, 7d ago', moment)
    .option('--until <time>', 'only those that ended before', moment)
    .option('--limit <n>', 'look at so many of each status', whole, 1_000)
    .option('--patch <json>', 'a merge patch (RFC 7396) for each payload; @file reads a file')
    .option('--rate <n>', 'so many a second', positive)
    .option('--dead-letters', 'what SQS gave up on, instead of jobs that ended')
    .option('--dry-run', 'say what would happen')
    .action((ids: string[], options: RedriveCommandOptions) => run(redriveCommand(ids, options)));
};

const addGroups = (program: Command, run: Run): void => {
  const groups = program.command('groups').description('groups that a dead job holds');
  targeted(groups.command('list', { isDefault: true }))
    .description('which, and why')
    .action((options: SessionOptions) => run(listGroups(options)));
  for (const [name, text] of [
    ['skip', 'the job stays dead, its group goes on'],
    ['resume', 'the job runs again in its place'],
  ] as const)
    decided(groups.command(name))
      .description(text)
      .argument('<group>', 'the group, or the id of the job that holds it')
      .action((group: string, options: DecisionOptions) => run(decideGroups(group, name, options)));
};

const addLimits = (program: Command, run: Run): void => {
  const limits = program.command('limits').description('what each source may use');
  targeted(limits.command('list', { isDefault: true }))
    .description('sources with limits of their own')
    .action((options: SessionOptions) => run(listLimits(options)));
  decided(limits.command('set'))
    .description('limits of one source, in place of the default')
    .argument('<source>')
    .option('--per-minute <n>', 'starts, evenly spaced', whole)
    .option('--burst <n>', 'how many of them may come at once', whole)
    .option('--concurrency <n>', 'attempts at the same time', whole)
    .option('--clear', 'back to the default')
    .action((source: string, options: LimitOptions) => run(setLimits(source, options)));
};

const addControl = (program: Command, run: Run): void => {
  for (const [name, paused] of [
    ['pause', true],
    ['resume', false],
  ] as const)
    decided(program.command(name))
      .description(
        paused
          ? 'let no job start: of the mesh, or of one queue or source'
          : 'let the jobs start again',
      )
      .addOption(new Option('--queue <priority>', 'only this queue').conflicts('source'))
      .option('--source <source>', 'only this source')
      .action((options: PauseOptions) => run(pause(paused, options)));

  decided(program.command('upgrade'))
    .description('in which schema each table is written; or the end of an upgrade')
    .option('--finish', 'write as the deployed release does; the release before cannot come back')
    .action((options: UpgradeOptions) => run(upgradeCommand(options)));

  decided(program.command('state'))
    .description("the system's state and what changed it; or a transition")
    .argument('[to]', 'OPERATIONAL, DEGRADED, REFLECTIVE, RECOVERY or PAUSED')
    .option('--events <n>', 'how many to show', whole, 10)
    .action((to: string | undefined, options: StateOptions) => run(state(to, options)));
};

const addCallbacks = (program: Command, run: Run): void => {
  const callbacks = program
    .command('callbacks')
    .description('results on their way to callback URLs');
  targeted(callbacks.command('failed', { isDefault: true }))
    .description('those that were given up')
    .action((options: SessionOptions) => run(listFailed(options)));
  targeted(callbacks.command('show'))
    .description('the delivery log of a job')
    .argument('<id>')
    .action((id: string, options: SessionOptions) => run(showDelivery(id, options)));
  targeted(callbacks.command('replay'))
    .description('post results once more')
    .argument('[ids...]')
    .option('--failed', 'all that were given up')
    .action((ids: string[], options: ReplayOptions) => run(replay(ids, options)));
  targeted(callbacks.command('secret'))
    .description('what callbacks are signed with')
    .option('--rotate', 'make a new one; the old one signs beside it until the next rotation')
    .action((options: SecretOptions) => run(secret('callbacks', options)));
};

const addSchedules = (program: Command, run: Run): void => {
  const schedules = program.command('schedules').description('jobs that come again and again');
  targeted(schedules.command('list', { isDefault: true }))
    .description('all of them, and when they come next')
    .action((options: SessionOptions) => run(listSchedulesCommand(options)));
  targeted(schedules.command('add'))
    .description('send the job of a file at each tick')
    .argument('<name>')
    .argument('<when>', "'cron(0 8 ? * MON-FRI *)' or 'rate(15 minutes)', as EventBridge reads it")
    .argument('<file>', 'one envelope, or - for standard input')
    .option('--timezone <name>', 'in which cron counts', 'UTC')
    .addOption(
      new Option('--overlap <policy>', 'of a tick while the job of the one before goes on')
        .choices(OVERLAPS)
        .default('skip'),
    )
    .option('--replace', 'in place of the one of that name')
    .action((name: string, when: string, file: string, options: AddScheduleOptions) =>
      run(addScheduleCommand(name, when, file, options)),
    );
  for (const [name, enabled] of [
    ['pause', false],
    ['resume', true],
  ] as const)
    targeted(schedules.command(name))
      .description(enabled ? 'let it tick again' : 'no ticks until it is resumed')
      .argument('<name>')
      .action((schedule: string, options: SessionOptions) =>
        run(enable(schedule, enabled, options)),
      );
  targeted(schedules.command('remove'))
    .description('no more ticks')
    .argument('<name>')
    .action((name: string, options: SessionOptions) => run(removeScheduleCommand(name, options)));
};

/** Adds `doctor`, `redrive`, `pause` and the other commands of operation to the program. */
export const addOperatorCommands = (program: Command, run: Run): void => {
  targeted(program.command('doctor'))
    .description('look at the deployment: what is wrong, and how to fix it')
    .action((options: SessionOptions) => run(doctor(options)));
  addJobDecisions(program, run);
  addGroups(program, run);
  addLimits(program, run);
  addControl(program, run);
  addCallbacks(program, run);
  addSchedules(program, run);
};
