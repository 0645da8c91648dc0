/** The ledger of the original system, as its own code writes it: journal first, then ledger.json. */
import { appendFileSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { type ExactObject, Lexeme } from '#shared/legacy/ledger/exact.ts';
import { journalLine } from '#shared/legacy/ledger/journal.ts';

const MINT = 1_000;

/** The original at work in a directory. Amounts are credits, in floats as there. */
export interface Original {
  /** Makes an account, by the journal alone. */
  create(account: string, balance: number): void;
  /** From the mint, which is filled up when it is short; no transfer tells of that. */
  credit(account: string, amount: number): void;
  /** Journaled without a receiver. @param journalOnly the original died before it wrote ledger.json */
  charge(from: string, to: string, amount: number, job: string, journalOnly?: true): void;
  /** What the original writes of a settlement: the share to the worker, the rest to the operator. */
  settle(from: string, to: string, amount: number, share: number, job: string): void;
  /** Half a line, as it is there for a moment. */
  tear(): void;
  readonly balances: ReadonlyMap<string, number>;
}

/** Python's spelling of a float; the test's amounts need no exponent. */
const spelled = (amount: number): string => String(amount);

export const openOriginal = (directory: string): Original => {
  const ledgerPath = join(directory, 'mesh/registry/ledger.json');
  const journalPath = join(directory, 'ledger_events.jsonl');
  mkdirSync(dirname(ledgerPath), { recursive: true });
  const balances = new Map<string, number>();
  const transfers: object[] = [];
  let previous = 'GENESIS';
  let n = 0;

  const journal = (event: ExactObject): void => {
    n += 1;
    const whole = { ...event, event_id: `event-${n}`, ts: new Lexeme(`${1_700_000_000 + n}.5`) };
    const { line, hash } = journalLine(whole, previous);
    previous = hash;
    appendFileSync(journalPath, `${line}\n`);
  };
  const save = (): void => {
    const accounts = [...balances].map(([account, balance]) => [account, { balance, meta: {} }]);
    const state = { accounts: Object.fromEntries(accounts), transfers };
    writeFileSync(ledgerPath, JSON.stringify(state, undefined, 2));
  };
  const move = (from: string, to: string, amount: number, job: string | null): void => {
    balances.set(from, (balances.get(from) ?? 0) - amount);
    balances.set(to, (balances.get(to) ?? 0) + amount);
    const id = `transfer-${transfers.length + 1}`;
    const [from_account, to_account] = [from, to];
    transfers.push({ id, from_account, to_account, amount, job_id: job, note: 'a note' });
  };
  save();
  appendFileSync(journalPath, '');
  return {
    balances,
    create: (account, balance) => {
      balances.set(account, balance);
      journal({ type: 'credit', account, amount: spelled(balance), reason: 'initial_funding' });
      save();
    },
    credit: (account, amount) => {
      if ((balances.get('system') ?? 0) < amount) balances.set('system', MINT);
      journal({ type: 'credit', account, amount: spelled(amount), reason: 'manual_credit' });
      move('system', account, amount, null);
      save();
    },
    charge: (from, to, amount, job, journalOnly) => {
      const reason = 'job_execution';
      journal({ type: 'charge', account: from, amount: spelled(amount), job_id: job, reason });
      if (journalOnly) return;
      move(from, to, amount, job);
      save();
    },
    settle: (from, to, amount, share, job) => {
      const operator = 'system:operator';
      const all = { job_id: job, amount: spelled(amount) };
      const part = { job_id: job, amount: spelled(share) };
      journal({ type: 'charge', account: from, to_account: operator, ...all, reason: 'pay' });
      journal({ type: 'transfer', account: operator, to_account: to, ...part, reason: 'payout' });
      move(from, operator, amount, job);
      move(operator, to, share, job);
      save();
    },
    tear: () => appendFileSync(journalPath, '{"type":"cha'),
  };
};
