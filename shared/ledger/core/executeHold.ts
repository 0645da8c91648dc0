/** The part of the trusted core for holds: places holds, checks draws, ends holds. */
import type { Book } from './book.ts';
import { answer, compareHold } from './compareRequests.ts';
import { type Account, availableOf, type Hold, type HoldRequest, type Outcome } from './types.ts';
import { holdFault } from './validate.ts';

/**
 * Why a hold cannot pay `amount` (minor units) at `now` (ms since the epoch); undefined when it
 * can.
 */
export const refusedHold = (
  id: string,
  hold: Hold | undefined,
  { unit, from, amount }: { unit: string; from: string | undefined; amount: bigint },
  now: number,
): Outcome | undefined => {
  if (!hold) return answer(id, 'pending_not_found');
  if (hold.unit !== unit) return answer(id, 'pending_has_different_unit', hold.unit);
  if (hold.from !== from) return answer(id, 'pending_has_different_from', hold.from);
  if (hold.state !== 'pending') return answer(id, `pending_already_${hold.state}`);
  if (now >= hold.expiresAt) return answer(id, 'pending_already_expired');
  return amount > hold.left
    ? answer(id, 'exceeds_pending_amount', `${amount} of ${hold.left}`)
    : undefined;
};

/** Places a hold on the book. A refusal leaves the book as it is. @param now ms since the epoch */
export const executeHold = (book: Book, request: HoldRequest, now: number): Outcome => {
  const { id, unit, from, amount, parent, expiresAt } = request;
  const fault = holdFault(request);
  if (fault) return fault;
  if (book.transfer(id)) return answer(id, 'exists_with_different_type');
  const existing = book.hold(id);
  if (existing) return answer(id, compareHold(existing, request));
  if (expiresAt <= now)
    return answer(id, 'expiry_out_of_range', `${expiresAt} is over, it is ${now}`);
  const account = book.account({ unit, account: from });
  if (!account) return answer(id, 'account_not_found', `${from} (${unit})`);
  const hold: Hold = { ...request, state: 'pending', left: amount, lane: account.lane };
  return parent === undefined
    ? holdOnAccount(book, account, hold)
    : holdOutOf(book, book.hold(parent), hold, now);
};

const holdOutOf = (book: Book, source: Hold | undefined, hold: Hold, now: number): Outcome => {
  const refused = refusedHold(hold.id, source, hold, now);
  if (refused || !source) return refused ?? answer(hold.id, 'pending_not_found');
  book.setHold({ ...source, left: source.left - hold.amount });
  book.setHold(hold);
  return answer(hold.id, 'created');
};

const holdOnAccount = (book: Book, account: Account, hold: Hold): Outcome => {
  const { id, from, amount } = hold;
  if (account.closed) return answer(id, 'account_closed', from);
  const before = book.position(account, account.lane);
  if (account.guarded && availableOf(before) < amount)
    return answer(id, 'exceeds_credits', `${from} has ${availableOf(before)} of ${amount}`);
  book.setPosition(account, account.lane, { ...before, held: before.held + amount });
  book.setHold(hold);
  return answer(id, 'created');
};

/** Ends a hold without a transfer. The rest of the hold goes back to the account. */
export const executeRelease = (book: Book, id: string, as: 'released' | 'expired'): Outcome => {
  const hold = book.hold(id);
  if (!hold) return answer(id, 'pending_not_found');
  if (hold.state === as) return answer(id, 'exists');
  if (hold.state !== 'pending') return answer(id, `pending_already_${hold.state}`);
  const key = { unit: hold.unit, account: hold.from };
  const before = book.position(key, hold.lane);
  book.setPosition(key, hold.lane, { ...before, held: before.held - hold.left });
  book.setHold({ ...hold, state: as, left: 0n });
  return answer(id, 'created');
};
