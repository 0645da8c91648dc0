/** What is wrong with a request, whatever there is on the book: nothing needs to be read to say so. */
import { LIMITS } from '#shared/kernel/limits.ts';
import { mayExist } from './accountNames.ts';
import { answer, inRange, shapeOf, totalOf } from './compareRequests.ts';
import type { HoldRequest, Outcome, Transfer } from './types.ts';

/** What is wrong with a transfer whatever there is on the book. */
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

/** One of a set failed, and so all of it. */
export const allFailed = (
  transfers: readonly Transfer[],
  failed: number,
  outcome: Outcome,
): readonly Outcome[] =>
  transfers.map(({ id }, index) =>
    index === failed ? outcome : answer(id, 'linked_failed', outcome.id),
  );

/** How many moves may be asked for in one set; a commit has room for no more. */
const SET_MAX = { transfers: LIMITS.ledgerItemsMax, moves: LIMITS.ledgerMovesMax };

const tooLarge = (transfers: readonly Transfer[]): string | undefined => {
  const moves = transfers.reduce((sum, transfer) => sum + transfer.moves.length, 0);
  return transfers.length > SET_MAX.transfers || moves > SET_MAX.moves
    ? `${transfers.length} transfers with ${moves} moves; at once there may be ` +
        `${SET_MAX.transfers} with ${SET_MAX.moves}`
    : undefined;
};

/** What is wrong with a set as a whole. */
export const setFault = (transfers: readonly Transfer[]): readonly Outcome[] | undefined => {
  const large = tooLarge(transfers);
  return large === undefined
    ? undefined
    : transfers.map(({ id }) => answer(id, 'set_too_large', large));
};

/** What is wrong with one of a set, beside those before it. */
export const memberFault = (
  transfer: Transfer,
  before: readonly Pick<Transfer, 'id'>[],
): Outcome | undefined => {
  const { id } = transfer;
  const isRepeated = before.some((each) => each.id === id);
  const repeated = answer(id, 'id_repeated', 'two transfers of a set have this id');
  return transferFault(transfer) ?? (isRepeated ? repeated : undefined);
};

/** The last time that there is a date for, in ms since the epoch. */
export const TIME_MAX = 8_640_000_000_000_000;

/** What is wrong with a hold whatever there is on the book. */
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
