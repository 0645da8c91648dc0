/** Paying for a job that has ended: from its hold, or, when that is gone, as well as it can be. */
import { LEDGER_ACCOUNTS } from '#shared/contracts/ledger.ts';
import type { Settlement } from '#shared/jobs/record/record.ts';
import { isDone, type Outcome } from '#shared/ledger/core/types.ts';
import type { Ledger } from '#shared/ledger/write/ledger.ts';
import { shareHoldIdOf } from './jobCost.ts';

/** What the end of a job means for the ledger. */
export interface Charge {
  readonly id: string;
  readonly hold: string;
  readonly unit: string;
  readonly payer: string;
  readonly amount: bigint;
  /** A hold that is taken out of another one: also now, if the job ended before it was. */
  readonly draw?: { readonly of: string; readonly until: number };
  /** Absent: nothing is owed, and what was held goes back. */
  readonly due?: {
    /** The hold was for this job alone: its rest goes back. */
    readonly final: boolean;
    readonly payee: string;
    readonly marginPpm: number;
    /** Of the amount, for the job's children: taken out of the hold. */
    readonly shares?: Settlement['shares'];
  };
}

interface Part {
  readonly hold: string;
  readonly amount: bigint;
  /** ms since the epoch. */
  readonly until: number;
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

const partsOf = ({ id, due }: Charge): readonly Part[] => {
  const { amounts = [], until = 0 } = due?.shares ?? {};
  return amounts.map((amount, index) => ({
    ...{ hold: shareHoldIdOf(id, index + 1), amount: BigInt(amount), until },
  }));
};

/** What is left of the price for the job itself. */
export const ownAmountOf = (charge: Charge): bigint =>
  partsOf(charge).reduce((rest, part) => rest - part.amount, charge.amount);

/** The payer's account or, when that cannot pay any more, what the mesh is owed. */
const collect = async (charge: Charge, from: string, ledger: Ledger): Promise<Outcome> => {
  const { id, unit, due, payer } = charge;
  const moves = due ? movesOf(ownAmountOf(charge), due.payee, due.marginPpm) : [];
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

/**
 * Parts of a hold become holds of their own: once, by whoever comes first, the settler of the
 * parent or the child itself. What is refused is not there to be taken: the child then pays itself.
 */
const setAside = async (
  parts: readonly Part[],
  of: string,
  { id, unit, payer: from }: Charge,
  ledger: Ledger,
): Promise<Outcome | undefined> => {
  if (parts.length === 0) return undefined;
  const requests = parts.map(({ hold, amount, until: expiresAt }) => ({
    ...{ id: hold, unit, from, amount, expiresAt, parent: of },
  }));
  const outcomes = await ledger.holdMany(requests);
  const unclear = outcomes.find(({ code }) => code === 'unknown');
  return unclear && { ...unclear, id };
};

const giveBack = async (charge: Charge, ledger: Ledger): Promise<Outcome> => {
  const { hold, draw, amount } = charge;
  const part = draw && { hold, amount, until: draw.until };
  const unclear = part && (await setAside([part], draw.of, charge, ledger));
  return unclear ?? ledger.release(hold);
};

const postOrCollect = async (charge: Charge, ledger: Ledger): Promise<Outcome> => {
  const { id, hold, due, payer } = charge;
  if (!due) return giveBack(charge, ledger);
  const unclear = await setAside(partsOf(charge), hold, charge, ledger);
  if (unclear) return unclear;
  const own = ownAmountOf(charge);
  if (own === 0n) return due.final ? ledger.release(hold) : { id, code: 'exists' };
  const to = movesOf(own, due.payee, due.marginPpm);
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
  const nothingOwed = !charge.due || ownAmountOf(charge) === 0n;
  const nothingHeld = nothingOwed && code.startsWith('pending_');
  return isDone(outcome) || nothingHeld || isSettled(outcome) ? { id, code: 'exists' } : outcome;
};
