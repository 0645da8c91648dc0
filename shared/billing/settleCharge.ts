/**
 * Settles the charge of a job: from its hold or, when the hold is gone, from the payer's account.
 */
import { LEDGER_ACCOUNTS } from '#shared/contracts/ledger.ts';
import type { HeldShares } from '#shared/jobs/record/record.ts';
import { isDone, type Outcome } from '#shared/ledger/core/types.ts';
import type { Ledger } from '#shared/ledger/write/ledger.ts';
import { shareHoldIdOf } from './jobCost.ts';

/** What the end of a job asks of the ledger. Amounts are in minor units. */
export interface Charge {
  readonly id: string;
  readonly hold: string;
  readonly unit: string;
  readonly payer: string;
  readonly amount: bigint;
  /**
   * The hold of the parent that `hold` is taken out of. The settlement takes it when the job ended
   * before its run could. `until` is in ms since the epoch.
   */
  readonly draw?: { readonly of: string; readonly until: number };
  /** Absent: nothing is owed, and the hold goes back. */
  readonly due?: {
    /** The hold was for this job alone, so its rest goes back. */
    readonly final: boolean;
    readonly payee: string;
    /** The margin, in parts per million of the amount. */
    readonly marginPpm: number;
    /** Parts of the amount for children of the job: taken out of the hold. */
    readonly shares?: HeldShares;
  };
}

interface Part {
  readonly hold: string;
  readonly amount: bigint;
  /** ms since the epoch. */
  readonly until: number;
}

const PPM = 1_000_000n;

/**
 * Splits an amount (minor units). The share of the payee is rounded down; the operator gets the
 * rest. This has always been the rule.
 */
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
    hold: shareHoldIdOf(id, index + 1),
    amount: BigInt(amount),
    until,
  }));
};

/** The amount without the shares of children, in minor units. */
export const ownAmountOf = (charge: Charge): bigint =>
  partsOf(charge).reduce((rest, part) => rest - part.amount, charge.amount);

/**
 * Pays without a hold. @param from the payer's account, or the account of what the mesh is owed
 * when the payer cannot pay
 */
const collect = async (charge: Charge, from: string, ledger: Ledger): Promise<Outcome> => {
  const { id, unit, due, payer } = charge;
  const moves = due ? movesOf(ownAmountOf(charge), due.payee, due.marginPpm) : [];
  const outcomes = await ledger.linked(
    moves.map((move, index) => ({
      id: index === 0 ? id : `${id}:${index}`,
      unit,
      from,
      ...move,
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

/** Whether the hold cannot pay: it expired, or was released before the end of the job was known. */
const isHoldGone = ({ code }: Outcome): boolean =>
  code.startsWith('pending_') || code === 'exceeds_pending_amount';

/**
 * Takes parts out of a hold as holds of their own. Each part is taken once: by the settlement of
 * the parent or by the child, whichever is first. A refused part cannot be taken any more: the
 * payer then pays for the child as for any other job.
 */
const setAside = async (
  parts: readonly Part[],
  of: string,
  { id, unit, payer: from }: Charge,
  ledger: Ledger,
): Promise<Outcome | undefined> => {
  if (parts.length === 0) return undefined;
  const requests = parts.map(({ hold, amount, until: expiresAt }) => ({
    id: hold,
    unit,
    from,
    amount,
    expiresAt,
    parent: of,
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

/** Whether the charge was settled before, also in another way than it would be settled now. */
const isSettled = ({ code }: Outcome): boolean => code.startsWith('exists');

/**
 * Settles a charge once, also when called often. A hold that never existed counts as released.
 * Opens accounts that are missing.
 * @returns `exists` when the charge is settled. After `unknown` the caller may call again. Any
 * other outcome needs a person.
 * @throws the error of the table when a missing account cannot be opened
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
