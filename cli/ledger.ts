/** Options of the `ledger` commands. */
import { type Command, InvalidArgumentError, Option } from 'commander';
import { UNIT_DEFAULT } from '#shared/contracts/ledger.ts';
import { deferred } from '#shared/kernel/deferred.ts';
import type { Before } from '#shared/ledger/read/statement.ts';
import type { ImportOptions } from './commands/import/import.ts';
import type { ImportFollowOptions } from './commands/import/importFollow.ts';
import type { RepairOptions } from './commands/ledger/audit.ts';
import type {
  BalanceOptions,
  LedgerCommandOptions,
  LedgerHistoryOptions,
  StatementOptions,
} from './commands/ledger/ledger.ts';
import type { HoldOptions } from './commands/ledger/ledgerHold.ts';
import type { ReconcileOptions } from './commands/ledger/reconcile.ts';
import type { ReplicaOptions } from './commands/ledger/replica.ts';
import type { ExitCode } from './errors.ts';
import { moment, positive, targeted, whole } from './options.ts';
import type { SessionOptions } from './session.ts';

const { exportBlocks, repairAll, verifyAll } = deferred(() => import('./commands/ledger/audit.ts'));
const { importLedger } = deferred(() => import('./commands/import/import.ts'));
const { importFollow } = deferred(() => import('./commands/import/importFollow.ts'));
const ledgerCommands = () => import('./commands/ledger/ledger.ts');
const { accounts, balance, ledgerHistoryCommand, operate, showTransferCommand, statementCommand } =
  deferred(ledgerCommands);
const { placeHold } = deferred(() => import('./commands/ledger/ledgerHold.ts'));
const { reconcileAll } = deferred(() => import('./commands/ledger/reconcile.ts'));
const { replica } = deferred(() => import('./commands/ledger/replica.ts'));

/** Options of `import ledger` that say who counts. */
const SWITCHES = ['cutOver', 'takeBack'] as const;

type Run = (work: Promise<ExitCode>) => Promise<void>;

const minor = (text: string): bigint => {
  if (!/^\d+$/.test(text)) throw new InvalidArgumentError('must be a whole number of minor units');
  return BigInt(text);
};

const some = (text: string): number => {
  const count = whole(text);
  if (count < 1) throw new InvalidArgumentError('must be at least 1');
  return count;
};

/** A time, or the place of a page's last line. */
const before = (text: string): Before => {
  const [, at, lane, seq] = /^(\d+)\/(\d+)\/(\d+)$/.exec(text) ?? [];
  return at === undefined
    ? { at: moment(text) }
    : { at: Number(at), lane: Number(lane), seq: Number(seq) };
};

const of = (command: Command): Command =>
  targeted(command).option('--unit <unit>', 'unit of account', UNIT_DEFAULT);

const addAccounts = (ledger: Command, run: Run): void => {
  of(ledger.command('accounts', { isDefault: true }))
    .description('all accounts and how they stand')
    .action((options: LedgerCommandOptions) => run(accounts(options)));
  of(ledger.command('open'))
    .description('a new account')
    .argument('<account>')
    .option('--may-owe', 'its balance may fall below zero: a mint, a bank')
    .action((account: string, options: LedgerCommandOptions & { readonly mayOwe?: boolean }) => {
      const { unit, mayOwe = false } = options;
      const request = { unit, account, guarded: !mayOwe };
      return run(operate(options, ({ ledger }) => ledger.ledger.openAccount(request)));
    });
  for (const [name, operation, done, text] of [
    ['close', 'closeAccount', 'closed', 'nothing goes in or out but what was promised'],
    ['reopen', 'reopenAccount', 'reopened', 'take a closed account up again'],
  ] as const)
    of(ledger.command(name))
      .description(text)
      .argument('<account>')
      .action((account: string, options: LedgerCommandOptions) => {
        const key = { unit: options.unit, account };
        return run(operate(options, ({ ledger }) => ledger.ledger[operation](key), done));
      });
  of(ledger.command('balance'))
    .description('posted, held, available')
    .argument('<account>')
    .option('--at <time>', 'posted at a time: a date, or 15m, 2h, 7d ago', moment)
    .action((account: string, options: BalanceOptions) => run(balance(account, options)));
  of(ledger.command('statement'))
    .description('what was posted, newest first')
    .argument('<account>')
    .option('--limit <n>', 'at most so many', some, 50)
    .option(
      '--before <time>',
      'older than: a date, 15m, 2h, 7d ago, or what a page ends with',
      before,
    )
    .action((account: string, options: StatementOptions) =>
      run(statementCommand(account, options)),
    );
  of(ledger.command('history'))
    .description('what an imported journal says of an account, newest first')
    .argument('<account>')
    .option('--limit <n>', 'at most so many', some, 50)
    .action((account: string, options: LedgerHistoryOptions) =>
      run(ledgerHistoryCommand(account, options)),
    );
};

const addTransfers = (ledger: Command, run: Run): void => {
  of(ledger.command('transfer'))
    .description('move money; the same id again changes nothing')
    .argument('<id>')
    .argument('<from>')
    .argument('<to>')
    .argument('<amount>', 'minor units', minor)
    .action(
      (id: string, from: string, to: string, amount: bigint, options: LedgerCommandOptions) => {
        const payment = { id, unit: options.unit, from, to, amount };
        return run(operate(options, ({ ledger }) => ledger.ledger.transfer(payment)));
      },
    );
  of(ledger.command('reverse'))
    .description('take a transfer back')
    .argument('<id>')
    .action((id: string, options: LedgerCommandOptions) =>
      run(operate(options, ({ ledger }) => ledger.ledger.reverse(id))),
    );
  of(ledger.command('show'))
    .description('a transfer or a hold')
    .argument('<id>')
    .action((id: string, options: LedgerCommandOptions) => run(showTransferCommand(id, options)));
};

const addHolds = (ledger: Command, run: Run): void => {
  of(ledger.command('hold'))
    .description('promise money: it can be spent no other way')
    .argument('<id>')
    .argument('<from>')
    .argument('<amount>', 'minor units', minor)
    .option('--seconds <n>', 'until it goes back by itself', whole, 86_400)
    .action((id: string, from: string, amount: bigint, options: HoldOptions) =>
      run(placeHold({ id, from, amount }, options)),
    );
  of(ledger.command('post'))
    .description('pay out of a hold; what is left goes back')
    .argument('<id>')
    .argument('<hold>')
    .argument('<to>')
    .argument('<amount>', 'minor units', minor)
    .option('--keep', 'leave the rest held')
    .action(
      (
        id: string,
        hold: string,
        to: string,
        amount: bigint,
        options: LedgerCommandOptions & { readonly keep?: boolean },
      ) => {
        const posting = { id, hold, to: [{ to, amount }], final: !options.keep };
        return run(operate(options, ({ ledger }) => ledger.ledger.post(posting)));
      },
    );
  of(ledger.command('release'))
    .description('give a hold back')
    .argument('<hold>')
    .action((hold: string, options: LedgerCommandOptions) =>
      run(operate(options, ({ ledger }) => ledger.ledger.release(hold))),
    );
};

const addAudit = (ledger: Command, run: Run): void => {
  targeted(ledger.command('verify'))
    .description('execute the whole journal again and compare every item with it')
    .action((options: SessionOptions) => run(verifyAll(options)));
  targeted(ledger.command('repair'))
    .description('rebuild heads, balances and records from the journal, after a restore')
    .option('--yes', 'nobody writes meanwhile')
    .action((options: RepairOptions) => run(repairAll(options)));
  targeted(ledger.command('reconcile'))
    .description('what the ledger does not know of jobs that ended, after a restore of either')
    .option('--yes', 'settle it; without it nothing changes')
    .option('--since <time>', 'and what was paid since then for no job: a date, or 2h ago', moment)
    .option('--jobs <table>', 'a table with the jobs of another time')
    .action((options: ReconcileOptions) => run(reconcileAll(options)));
  targeted(ledger.command('export'))
    .description('all blocks and accounts, as JSON lines')
    .argument('<file>')
    .action((file: string, options: SessionOptions) => run(exportBlocks(file, options)));
  targeted(ledger.command('replica'))
    .description('bring a copy up to date by executing the journal')
    .requiredOption('--to <file>', 'where the copy is: a file, or table:NAME for a whole ledger')
    .option('--create', 'make the table if it is not there')
    .option('--from <export>', 'build it from an export alone')
    .option('--follow', 'go on, and stop at the first difference or Ctrl-C')
    .option('--every <seconds>', 'with --follow: the pause between two looks', positive, 2)
    .action((options: ReplicaOptions) => run(replica(options)));
};

/**
 * Adds the `ledger` commands to the program.
 *
 * @param imports the command for imports from the original system, which also gets `ledger`
 */
export const addLedgerCommands = (program: Command, imports: Command, run: Run): void => {
  const ledger = program
    .command('ledger')
    .description('accounts, transfers and holds, in minor units');
  addAccounts(ledger, run);
  addTransfers(ledger, run);
  addHolds(ledger, run);
  addAudit(ledger, run);
  targeted(imports.command('ledger'))
    .description('its balances at once, its journal as history, and where they differ')
    .argument('<dir>', 'its data directory')
    .addOption(new Option('--dry-run', 'only the report').conflicts(['follow', ...SWITCHES]))
    .addOption(
      new Option('--follow', 'goes on with what the original still writes').conflicts([
        ...SWITCHES,
      ]),
    )
    .option('--once', 'with --follow: ends when nothing is new')
    .addOption(
      new Option('--cut-over', 'the mesh counts from now on, if all balances are equal').conflicts(
        'takeBack',
      ),
    )
    .option('--take-back', 'after a cut-over: the original counts again')
    .action((directory: string, options: ImportOptions & ImportFollowOptions) => {
      const { follow, cutOver, takeBack } = options;
      const follows = follow || cutOver || takeBack;
      return run((follows ? importFollow : importLedger)(directory, options));
    });
};
