/**
 * `ledger reconcile`: compares the ledger with the jobs that have ended, after a restore of either.
 */
import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { openTables } from '#client/tables.ts';
import type { Priced } from '#shared/billing/jobCost.ts';
import {
  type Reconciled,
  reconcile,
  settleAgain,
  type Unaccounted,
  type Unsettled,
} from '#shared/billing/reconcile.ts';
import { createJobReader } from '#shared/jobs/dynamo/jobReader.ts';
import type { Outcome } from '#shared/ledger/core/types.ts';
import { EXIT, type ExitCode } from '../../errors.ts';
import { columns, json, note, out, paint, plain, time } from '../../print.ts';
import { looking, type Session, type SessionOptions, withDeployment } from '../../session.ts';

export interface ReconcileOptions extends SessionOptions {
  /** Settles what is found; without it nothing changes. */
  readonly yes?: boolean;
  /** Also finds payments without a job since this time, in ms since the epoch. */
  readonly since?: number;
  /** Name of a table with the jobs of another time. */
  readonly jobs?: string;
}

const rowOf = ({ job, endedAt, is, charge }: Unsettled): readonly string[] => {
  const { payer, unit, amount, id } = charge;
  return [is, job, time(endedAt), String(amount), unit, payer, id].map(plain);
};

const paidRow = ({ transfer, at, amount, unit, payer }: Unaccounted): readonly string[] =>
  ['paid, no job', '', time(at), String(amount), unit, payer, transfer].map(plain);

/** What each payer owes, and what each payer has: the mesh bears the difference. */
const printPayers = async (
  unsettled: readonly Unsettled[],
  { ledger: { ledger } }: Session,
): Promise<void> => {
  const unpaid = unsettled.filter(({ is }) => is === 'unpaid').map(({ charge }) => charge);
  for (const [name, charges] of Map.groupBy(unpaid, ({ unit, payer }) => `${payer} (${unit})`)) {
    const [first] = charges;
    if (!first) continue;
    const key = { unit: first.unit, account: first.payer };
    const account = await ledger.account(key);
    const sum = charges.reduce((total, { amount }) => total + amount, 0n);
    const standing = account && (await ledger.balance(account));
    const has = standing ? `has ${standing.available}, ${standing.held} held` : 'has no account';
    note(`${plain(name)} owes up to ${sum}, ${has}`);
  }
};

const print = async (
  { unsettled, unaccounted }: Reconciled,
  session: Session,
  { yes }: ReconcileOptions,
): Promise<void> => {
  if (unsettled.length + unaccounted.length === 0)
    return out(paint('green', 'every job that ended is settled'));
  const header = ['IS', 'JOB', 'AT', 'AMOUNT', 'UNIT', 'PAYER', 'CHARGE'];
  out(columns([header, ...unsettled.map(rowOf), ...unaccounted.map(paidRow)]));
  if (unaccounted.length > 0)
    note(
      'Whether what was paid for no job is taken back is for a person: "ledger reverse CHARGE".',
    );
  if (yes || unsettled.length === 0) return;
  await printPayers(unsettled, session);
  note('Dry run: first repeat by hand what was paid in by hand, then settle these with --yes.');
};

const look = async (session: Session, options: ReconcileOptions): Promise<Reconciled> => {
  const { ledger, reader } = session;
  const find = (jobs: AsyncIterable<readonly Priced[]>) =>
    reconcile({ jobs, reader: ledger.reader, lanes: ledger.lanes, since: options.since });
  if (options.jobs === undefined) return find(reader.priced());
  const client = DynamoDBDocumentClient.from((await openTables(options)).client);
  try {
    return await find(createJobReader({ client, table: options.jobs }).priced());
  } finally {
    client.destroy();
  }
};

const printSettled = (unsettled: readonly Unsettled[], failed: readonly Outcome[]): void => {
  note(`${unsettled.length - failed.length} settled, ${failed.length} not`);
  for (const { id, code, detail } of failed)
    note(`${paint('red', code)} ${plain(`${id}${detail ? `: ${detail}` : ''}`)}`);
};

const settle = async (
  { unsettled }: Reconciled,
  session: Session,
  options: ReconcileOptions,
): Promise<readonly Outcome[]> => {
  if (!options.yes) return [];
  const failed = await settleAgain(unsettled, session.ledger.ledger);
  if (!options.json && unsettled.length > 0) printSettled(unsettled, failed);
  return failed;
};

/**
 * Lists unsettled jobs and payments without a job; with `yes` settles the jobs. Exits with 4 while
 * something is open.
 */
export const reconcileAll = (options: ReconcileOptions): Promise<ExitCode> =>
  (options.yes ? withDeployment : looking)(options, async (session) => {
    const { yes = false } = options;
    const found = await look(session, options);
    if (!options.json) await print(found, session, options);
    const failed = await settle(found, session, options);
    if (options.json) json({ ...found, settled: yes, failed });
    const open = yes ? failed : found.unsettled;
    return open.length + found.unaccounted.length > 0 ? EXIT.refused : EXIT.ok;
  });
