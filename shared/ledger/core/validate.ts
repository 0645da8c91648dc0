/**
 * What is wrong with a request by itself. These checks need no book, so nothing is read for them.
 */
import { LIMITS } from '#shared/kernel/limits.ts';
import { mayExist } from './accountNames.ts';
import { answer, inRange, shapeOf, totalOf } from './compareRequests.ts';
import type { HoldRequest, Outcome, Transfer } from './types.ts';

/** What is wrong with a transfer by itself; undefined when nothing is. */
export const transferFault = (transfer: Transfer): Outcome | undefined => {
  const { id, unit, moves } = transfer;
  const shape = shapeOf(
    transfer,
    moves.map(({ amount }) => amount),
  );
  if (shape) return shape;
  if (!inRange(totalOf(transfer)))
    return answer(id, 'amount_out_of_range', String(totalOf(transfer)));
  const payer = moves[0]?.from;
  if (moves.some(({ from, to }) => from === to || from !== payer))
    return answer(id, 'same_account', 'all moves go from one account to others');
  const nobody = [payer ?? '', ...moves.map(({ to }) => to)].find(
    (account) => !mayExist({ unit, account }),
  );
  return nobody === undefined
    ? undefined
    : answer(id, 'account_not_found', `${nobody.slice(0, 300)} (${unit.slice(0, 20)})`);
};

/** The outcomes of a set of which one transfer failed. @param failed its index */
export const allFailed = (
  transfers: readonly Transfer[],
  failed: number,
  outcome: Outcome,
): readonly Outcome[] =>
  transfers.map(({ id }, index) =>
    index === failed ? outcome : answer(id, 'linked_failed', outcome.id),
  );

/** The most transfers and moves of one set: a commit has no room for more. */
const SET_MAX = { transfers: LIMITS.ledgerItemsMax, moves: LIMITS.ledgerMovesMax };

const tooLarge = (transfers: readonly Transfer[]): string | undefined => {
  const moves = transfers.reduce((sum, transfer) => sum + transfer.moves.length, 0);
  return transfers.length > SET_MAX.transfers || moves > SET_MAX.moves
    ? `${transfers.length} transfers with ${moves} moves; at once there may be ` +
        `${SET_MAX.transfers} with ${SET_MAX.moves}`
    : undefined;
};

/** What is wrong with the size of a set; undefined when nothing is. */
export const setFault = (transfers: readonly Transfer[]): readonly Outcome[] | undefined => {
  const large = tooLarge(transfers);
  return large === undefined
    ? undefined
    : transfers.map(({ id }) => answer(id, 'set_too_large', large));
};

/** What is wrong with a transfer by itself, or beside the transfers before it in the set. */
export const memberFault = (
  transfer: Transfer,
  before: readonly Pick<Transfer, 'id'>[],
): Outcome | undefined => {
  const { id } = transfer;
  const isRepeated = before.some((each) => each.id === id);
  const repeated = answer(id, 'id_repeated', 'two transfers of a set have this id');
  return transferFault(transfer) ?? (isRepeated ? repeated : undefined);
};

/** The last time that a Date can have, in ms since the epoch. */
export const TIME_MAX = 8_640_000_000_000_000;

/** What is wrong with a request for a hold by itself; undefined when nothing is. */
export const holdFault = (request: HoldRequest): Outcome | undefined => {
  const { id, unit, from, amount, expiresAt } = request;
  const shape = shapeOf(request, [amount]);
  if (shape) return shape;
  if (!Number.isSafeInteger(expiresAt) || expiresAt > TIME_MAX) {
    const text = `${expiresAt}: a whole number of ms since 1970, up to ${TIME_MAX}`;
    return answer(id, 'expiry_out_of_range', text);
  }
  return mayExist({ unit, account: from })
    ? undefined
    : answer(id, 'account_not_found', `${from.slice(0, 300)} (${unit.slice(0, 20)})`);
};
