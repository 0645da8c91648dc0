/** `ledger`: accounts, transfers and holds, by hand. Amounts are in minor units. */

import { systemRandom, systemSleep } from '#shared/kernel/ports.ts';
import {
  type Account,
  type Hold,
  isDone,
  type Outcome,
  postedOf,
  type Transfer,
} from '#shared/ledger/core/types.ts';
import { standings } from '#shared/ledger/read/standings.ts';
import {
  type Before,
  balanceAt,
  type EntryPlace,
  statement,
} from '#shared/ledger/read/statement.ts';
import type { AccountStanding } from '#shared/ledger/write/accounts.ts';
import { EXIT, type ExitCode } from '../../errors.ts';
import { columns, json, note, out, paint, plain, time } from '../../print.ts';
import { looking, type Session, type SessionOptions, withDeployment } from '../../session.ts';

export interface LedgerCommandOptions extends SessionOptions {
  readonly unit: string;
}

const tell = (outcome: Outcome, options: LedgerCommandOptions, done: string): ExitCode => {
  const { id, code, detail } = outcome;
  const word = code === 'created' ? done : code;
  if (options.json) json(outcome);
  else
    out(
      `${paint(isDone(outcome) ? 'green' : 'red', word)} ${plain(id)}${detail ? `: ${plain(detail)}` : ''}`,
    );
  return isDone(outcome) ? EXIT.ok : EXIT.refused;
};

/**
 * Runs one operation of the ledger and prints its outcome. Exits with 4 when the ledger refused it.
 *
 * @param done the word for people when the operation was carried out
 */
export const operate = (
  options: LedgerCommandOptions,
  work: (session: Session) => Promise<Outcome>,
  done = 'created',
): Promise<ExitCode> =>
  withDeployment(options, async (session) => tell(await work(session), options, done));

/** Lists all accounts with their balances, and the sum of each unit. */
export const accounts = (options: LedgerCommandOptions): Promise<ExitCode> =>
  looking(options, async ({ ledger }) => {
    const all = await standings({ ...ledger, random: systemRandom, wait: systemSleep });
    const rows = all.toSorted((a, b) =>
      `${a.unit} ${a.account}` < `${b.unit} ${b.account}` ? -1 : 1,
    );
    if (options.json) json(rows);
    else if (rows.length === 0) note('No accounts; "ledger open NAME" makes one.');
    else
      out(
        columns([
          ['ACCOUNT', 'UNIT', 'POSTED', 'HELD', 'AVAILABLE', 'LANE', ''],
          ...rows.map(({ account, unit, posted, held, available, lane, guarded, closed }) =>
            [
              ...[account, unit, String(posted), String(held), String(available), String(lane)],
              [guarded ? '' : 'may owe', closed ? 'closed' : ''].filter(Boolean).join(', '),
            ].map(plain),
          ),
        ]),
      );
    if (!options.json)
      for (const [unit, of] of Map.groupBy(rows, (row) => row.unit))
        note(`${plain(unit)} sums to ${of.reduce((sum, { posted }) => sum + posted, 0n)}`);
    return EXIT.ok;
  });

export interface BalanceOptions extends LedgerCommandOptions {
  /** ms since the epoch. */
  readonly at?: number;
}

/** Says that there is no such account: a mistyped name must not look like an empty account. */
const unknownAccount = (account: string, unit: string): ExitCode => {
  note(`No account ${plain(account)} in ${plain(unit)}.`);
  return EXIT.notFound;
};

const past = async (
  account: string,
  at: number,
  { unit, json: asJson }: BalanceOptions,
  { ledger, clock }: Session,
): Promise<ExitCode> => {
  const found = await balanceAt({ unit, account }, at, { ...ledger, clock });
  if (found.kind === 'archived') {
    note(`What was posted to ${plain(account)} until ${time(at)} is archived.`);
    return EXIT.notFound;
  }
  if (found.kind === 'not known yet') {
    note(
      `Something may still be posted up to ${time(at)}: it is known from ${time(found.from)} on.`,
    );
    return EXIT.open;
  }
  const { posted } = found;
  if (asJson) json({ account, unit, at, posted });
  else out(`${posted} posted at ${time(at)}`);
  return EXIT.ok;
};

export interface LedgerHistoryOptions extends LedgerCommandOptions {
  readonly limit: number;
}

export interface StatementOptions extends LedgerHistoryOptions {
  readonly before?: Before;
}

/** The place of a line in the form of `--before`. */
const cursorOf = ({ at, lane, seq }: EntryPlace): string => `${at}/${lane}/${seq}`;

/** Lists the entries of an account, the newest first. Exits with 3 for an unknown account. */
export const statementCommand = (account: string, options: StatementOptions): Promise<ExitCode> =>
  looking(options, async ({ ledger }) => {
    const { unit, limit } = options;
    if (!(await ledger.ledger.account({ unit, account }))) return unknownAccount(account, unit);
    const lines = await statement({ unit, account }, options, ledger);
    const last = lines.at(-1);
    if (options.json) json(lines.map((line) => ({ ...line, cursor: cursorOf(line) })));
    else if (!last) note('No entries.');
    else
      out(
        columns([
          ['TIME', 'CHANGE', 'LANE', 'BALANCE THERE', 'TRANSFER'],
          ...lines.map(({ at, change, lane, balance: after, transfer }) =>
            [time(at), String(change), String(lane), String(after), transfer].map(plain),
          ),
        ]),
      );
    if (last && lines.length === limit && !options.json)
      note(`What is older: --before ${cursorOf(last)}`);
    return EXIT.ok;
  });

const printStanding = (
  found: Account,
  { posted, held, available, lanes }: AccountStanding,
): void => {
  out(columns([['posted', 'held', 'available'], [posted, held, available].map(String)]));
  for (const { lane, position } of lanes)
    if (lane !== found.lane && postedOf(position) !== 0n)
      out(paint('dim', `${postedOf(position)} of it in lane ${lane}, to be swept when needed`));
};

/**
 * Lists the imported journal lines of an account, the newest first. Exits with 3 for an unknown
 * account.
 */
export const ledgerHistoryCommand = (
  account: string,
  options: LedgerHistoryOptions,
): Promise<ExitCode> =>
  looking(options, async ({ ledger }) => {
    const { unit } = options;
    if (!(await ledger.ledger.account({ unit, account }))) return unknownAccount(account, unit);
    const lines = await ledger.history.read({ unit, account }, options.limit);
    if (lines.length === 0) note('No imported history.');
    for (const line of lines) out(plain(line));
    return EXIT.ok;
  });

/**
 * Shows the balance of an account, now or at a time. Exits with 3 for an unknown account, with 5
 * when postings up to that time may still come.
 */
export const balance = (account: string, options: BalanceOptions): Promise<ExitCode> =>
  looking(options, async (session) => {
    const { at, unit } = options;
    const { ledger } = session.ledger;
    const found = await ledger.account({ unit, account });
    if (!found) return unknownAccount(account, unit);
    if (at !== undefined) return past(account, at, options, session);
    const standing = await ledger.balance(found);
    if (options.json) json({ ...found, ...standing });
    else printStanding(found, standing);
    return EXIT.ok;
  });

const rowsOf = (record: Transfer | Hold): readonly (readonly string[])[] => {
  if ('moves' in record)
    return [
      ...record.moves.map(({ from, to, amount }) => ['posted', `${from} → ${to}`, String(amount)]),
      ...(record.hold ? [['from', `hold ${record.hold.id}`, '']] : []),
      ...(record.reverses === undefined ? [] : [['reverses', record.reverses, '']]),
    ];
  const { state, from, amount, left, expiresAt } = record;
  return [
    [state, `hold on ${from}`, String(amount)],
    ['left', '', String(left)],
    ['until', time(expiresAt), ''],
  ];
};

/** Shows a transfer or a hold. Exits with 3 when there is none with this id. */
export const showTransferCommand = (id: string, options: LedgerCommandOptions): Promise<ExitCode> =>
  looking(options, async ({ ledger: { ledger } }) => {
    const record = await ledger.find(id);
    if (!record) note(`No transfer and no hold ${plain(id)}.`);
    else if (options.json) json(record);
    else out(columns(rowsOf(record).map((row) => row.map(plain))));
    return record ? EXIT.ok : EXIT.notFound;
  });
