/**
 * The trusted core: carries transfers out on a book, or says why not. The writer, copies, replicas,
 * verification and tests share this code. It changes nothing but the given book.
 */
import { Book } from './book.ts';
import { answer, compareTransfer, totalOf } from './compareRequests.ts';
import { refusedHold } from './executeHold.ts';
import {
  type Account,
  availableOf,
  type Draw,
  type Hold,
  type Leg,
  type Outcome,
  postedOf,
  type Transfer,
} from './types.ts';
import { allFailed, memberFault, setFault, transferFault } from './validate.ts';

/** A transfer that was carried out on the book. */
export interface Executed {
  readonly code: 'created';
  readonly id: string;
  readonly transfer: Transfer;
  readonly lane: number;
  readonly legs: readonly Leg[];
  readonly draw?: Draw;
}

const accountsOf = (
  book: Book,
  { id, unit, moves }: Transfer,
): Outcome | { readonly from: Account; readonly all: readonly Account[] } => {
  const [first] = moves;
  const names = [first?.from ?? '', ...moves.map(({ to }) => to)];
  const all: Account[] = [];
  for (const name of names) {
    const account = book.account({ unit, account: name });
    if (!account) return answer(id, 'account_not_found', `${name} (${unit})`);
    all.push(account);
  }
  const [from] = all;
  return from ? { from, all } : answer(id, 'account_not_found');
};

const signed = ({ moves }: Transfer): ReadonlyMap<string, bigint> => {
  const changes = new Map<string, bigint>();
  const add = (account: string, amount: bigint) =>
    changes.set(account, (changes.get(account) ?? 0n) + amount);
  for (const { from, to, amount } of moves) {
    add(from, -amount);
    add(to, amount);
  }
  return changes;
};

/**
 * Applies the moves to the balances of one lane. What `draw` takes is no longer held. Checks
 * nothing.
 */
export const applyMoves = (book: Book, transfer: Transfer, lane: number, draw?: Draw): Leg[] => {
  const { unit, moves } = transfer;
  const payer = moves[0]?.from;
  return [...signed(transfer)].map(([account, change]) => {
    const key = { unit, account };
    const before = book.position(key, lane);
    const unheld = draw && account === payer ? draw.drawn + draw.returned : 0n;
    const after = {
      debits: before.debits + (change < 0n ? -change : 0n),
      credits: before.credits + (change > 0n ? change : 0n),
      held: before.held - unheld,
      seq: before.seq + 1,
    };
    book.setPosition(key, lane, after);
    const guarded = book.account(key)?.guarded ?? false;
    return { account, change, seq: after.seq, balance: postedOf(after), guarded };
  });
};

/** Why the payer cannot pay from its available amount; undefined when it can. */
const refusedFunds = (
  book: Book,
  { id }: Transfer,
  from: Account,
  lane: number,
  total: bigint,
): Outcome | undefined => {
  const available = availableOf(book.position(from, lane));
  return from.guarded && available < total
    ? answer(id, 'exceeds_credits', `${from.account} has ${available} of ${total}`)
    : undefined;
};

interface Plan {
  readonly lane: number;
  readonly draw: Draw | undefined;
}

/** Why hold or available amount do not cover the transfer; undefined when they do. */
const funded = (
  book: Book,
  transfer: Transfer,
  from: Account,
  now: number,
): Outcome | undefined => {
  const { id, unit, hold } = transfer;
  const amount = totalOf(transfer);
  return hold
    ? refusedHold(id, book.hold(hold.id), { unit, from: from.account, amount }, now)
    : refusedFunds(book, transfer, from, transfer.lane ?? from.lane, amount);
};

const planOf = (book: Book, transfer: Transfer, now: number): Plan | Outcome => {
  const accounts = accountsOf(book, transfer);
  if ('code' in accounts) return accounts;
  const { from, all } = accounts;
  const { id, hold } = transfer;
  // An account that promised while it was open still pays after it was closed.
  const closed = all.find(
    (account) => account.closed && !transfer.promised && !(hold && account === from),
  );
  if (closed) return answer(id, 'account_closed', closed.account);
  const refused = funded(book, transfer, from, now);
  if (refused) return refused;
  const held = hold && book.hold(hold.id);
  const draw = held && drawOf(held, totalOf(transfer), hold.final);
  return { lane: transfer.lane ?? from.lane, draw };
};

/**
 * Carries a transfer out on the book. A refusal leaves the book as it is; see {@link Code} for the
 * order of the checks. @param now ms since the epoch
 */
export const execute = (book: Book, transfer: Transfer, now: number): Executed | Outcome => {
  const { id } = transfer;
  const shape = transferFault(transfer);
  if (shape) return shape;
  if (book.hold(id)) return answer(id, 'exists_with_different_type');
  const existing = book.transfer(id);
  if (existing) return answer(id, compareTransfer(existing, transfer));
  const plan = planOf(book, transfer, now);
  if ('code' in plan) return plan;
  const { lane, draw } = plan;
  const legs = applyMoves(book, transfer, lane, draw);
  book.setTransfer(transfer);
  const hold = draw && book.hold(draw.id);
  if (hold) book.setHold(drawnHold(hold, draw));
  return { code: 'created', id, transfer, lane, legs, ...(draw && { draw }) };
};

const drawOf = ({ id, left }: Hold, drawn: bigint, final: boolean): Draw => ({
  id,
  drawn,
  returned: final ? left - drawn : 0n,
  closes: final || left === drawn,
});

const drawnHold = (hold: Hold, { drawn, closes }: Draw): Hold => ({
  ...hold,
  left: closes ? 0n : hold.left - drawn,
  state: closes ? 'posted' : 'pending',
});

/** Whether the whole set was carried out before, with the same content. */
const isRepeated = (book: Book, transfers: readonly Transfer[]): boolean =>
  new Set(transfers.map(({ id }) => id)).size === transfers.length &&
  transfers.every((transfer) => {
    const existing = book.transfer(transfer.id);
    return existing !== undefined && compareTransfer(existing, transfer) === 'exists';
  });

/**
 * Carries out all transfers of a set, or none. On success `book` is a trial over the given book:
 * the caller decides whether to `keep` the trial. @param now ms since the epoch
 */
export const executeLinked = (
  book: Book,
  transfers: readonly Transfer[],
  now: number,
):
  | { readonly book: Book; readonly done: readonly Executed[] }
  | { readonly book: undefined; readonly outcomes: readonly Outcome[] } => {
  const fault = setFault(transfers);
  if (fault) return { book: undefined, outcomes: fault };
  if (isRepeated(book, transfers))
    return { book: undefined, outcomes: transfers.map(({ id }) => answer(id, 'exists')) };
  const trial = new Book(book);
  const done: Executed[] = [];
  for (const transfer of transfers) {
    const result = memberFault(transfer, done) ?? execute(trial, transfer, now);
    if (!('legs' in result))
      return { book: undefined, outcomes: allFailed(transfers, done.length, result) };
    done.push(result);
  }
  return { book: trial, done };
};
