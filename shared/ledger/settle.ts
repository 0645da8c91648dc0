/** Paying for a job that has ended: from its hold, or, when that is gone, as well as it can be. */
import { LEDGER_ACCOUNTS } from '#shared/contracts/ledger.ts';
import type { Ledger } from './ledger.ts';
import { isDone, type Outcome } from './types.ts';

/** What the end of a job means for the ledger. */
export interface Charge {
  readonly id: string;
  readonly hold: string;
  readonly unit: string;
  readonly payer: string;
  readonly amount: bigint;
  /** Absent: nothing is owed, and what was held goes back. */
  readonly due?: {
    /** The hold was for this job alone: its rest goes back. */
    readonly final: boolean;
    readonly payee: string;
    readonly marginPpm: number;
  };
}

const PPM = 1_000_000n;

/** The payee's share is rounded down; what rounding leaves is the operator's, as it always was. */
export const splitOf = (
  amount: bigint,
  marginPpm: number,
): { readonly share: bigint; readonly margin: bigint } => {
  const share = (amount * (PPM - BigInt(marginPpm))) / PPM;
  return { share, margin: amount - share };
};

const movesOf = (amount: bigint, payee: string, marginPpm: number) => {
  const { share, margin } = splitOf(amount, marginPpm);
  return [
    { to: payee, amount: share },
    { to: LEDGER_ACCOUNTS.operator, amount: margin },
  ].filter((move) => move.amount > 0n);
};

/** The payer's account or, when that cannot pay any more, what the mesh is owed. */
const collect = async (charge: Charge, from: string, ledger: Ledger): Promise<Outcome> => {
  const { id, unit, amount, due, payer } = charge;
  const moves = due ? movesOf(amount, due.payee, due.marginPpm) : [];
  const outcomes = await ledger.linked(
    moves.map((move, index) => ({
      ...{ id: index === 0 ? id : `${id}:${index}`, unit, from, ...move },
      ...(from === payer ? {} : { metadata: { payer } }),
    })),
  );
  return outcomes.find(({ code }) => code !== 'linked_failed') ?? { id, code: 'unknown' };
};

const openAccounts = async ({ unit, due }: Charge, ledger: Ledger): Promise<void> => {
  if (due) await ledger.openAccount({ unit, account: due.payee });
  await ledger.openAccount({ unit, account: LEDGER_ACCOUNTS.operator });
  await ledger.openAccount({ unit, account: LEDGER_ACCOUNTS.receivable, guarded: false });
};

/** The hold is gone: it expired, or it was released before the job's end was known. */
const isHoldGone = ({ code }: Outcome): boolean =>
  code.startsWith('pending_') || code === 'exceeds_pending_amount';

const postOrCollect = async (charge: Charge, ledger: Ledger): Promise<Outcome> => {
  const { id, hold, amount, due, payer } = charge;
  if (!due) return ledger.release(hold);
  const to = movesOf(amount, due.payee, due.marginPpm);
  const posted = await ledger.post({ id, hold, to, final: due.final });
  if (!isHoldGone(posted)) return posted;
  const direct = await collect(charge, payer, ledger);
  const cannot = direct.code === 'exceeds_credits' || direct.code === 'account_closed';
  return cannot ? collect(charge, LEDGER_ACCOUNTS.receivable, ledger) : direct;
};

/** Settled before, in another way than it would be now: once is enough. */
const isSettled = ({ code }: Outcome): boolean => code.startsWith('exists');

/**
 * Once, however often it is asked for. A release of what was never held is done.
 * @returns the outcome; one that is neither done nor `unknown` needs a person
 */
export const settleCharge = async (charge: Charge, ledger: Ledger): Promise<Outcome> => {
  let outcome = await postOrCollect(charge, ledger);
  if (outcome.code === 'account_not_found') {
    await openAccounts(charge, ledger);
    outcome = await postOrCollect(charge, ledger);
  }
  const { id, code } = outcome;
  const nothingHeld = !charge.due && code.startsWith('pending_');
  return isDone(outcome) || nothingHeld || isSettled(outcome) ? { id, code: 'exists' } : outcome;
};
