/**
 * Which answers a sequential ledger could have given: sums and nothing else, written apart from the
 * rules. For one lane, whose journal is the order in which everything happened.
 */
import { type Block, entriesOf } from '#shared/ledger/core/blocks.ts';
import type { Code } from '#shared/ledger/core/types.ts';
import { UNIT } from './ledger.ts';

export interface Payment {
  readonly id: string;
  readonly unit: string;
  readonly from: string;
  readonly to: string;
  readonly amount: bigint;
}

/** What was asked for and answered: heads of the lane before it was asked and after it was told. */
export interface Reply {
  readonly payments: readonly Payment[];
  readonly codes: readonly Code[];
  readonly before: number;
  readonly after: number;
}

interface State {
  readonly money: ReadonlyMap<string, bigint>;
  readonly done: ReadonlyMap<string, Payment>;
  readonly block: number;
}

const difference = (existing: Payment, asked: Payment): Code => {
  const field = (['from', 'to', 'amount'] as const).find((name) => existing[name] !== asked[name]);
  return field ? `exists_with_different_${field}` : 'exists';
};

const pay = ({ money, done, block }: State, payment: Payment): State => {
  const { id, from, to, amount } = payment;
  const after = new Map(money);
  after.set(from, (after.get(from) ?? 0n) - amount);
  after.set(to, (after.get(to) ?? 0n) + amount);
  return { money: after, done: new Map(done).set(id, payment), block };
};

const judgeOne = ({ money, done }: State, payment: Payment, owes: string): Code => {
  const { id, from, to, amount } = payment;
  if (amount <= 0n) return 'amount_out_of_range';
  if (from === to) return 'same_account';
  const existing = done.get(id);
  if (existing) return difference(existing, payment);
  if (!money.has(from) || !money.has(to)) return 'account_not_found';
  return from !== owes && (money.get(from) ?? 0n) < amount ? 'exceeds_credits' : 'created';
};

/** What of it cannot be, whatever there is. */
const isOdd = (code: Code): boolean => code === 'amount_out_of_range' || code === 'same_account';

/** All or none of them, in that state. */
const judge = (state: State, payments: readonly Payment[], owes: string): readonly Code[] => {
  const isTwice = (at: number): boolean =>
    payments.slice(0, at).some(({ id }) => id === payments[at]?.id);
  const isRepeated = payments.every(
    (each, at) => !isTwice(at) && judgeOne(state, each, owes) === 'exists',
  );
  if (isRepeated) return payments.map(() => 'exists');
  let trial = state;
  for (const [index, payment] of payments.entries()) {
    const found = judgeOne(trial, payment, owes);
    const code = isTwice(index) && !isOdd(found) ? 'id_repeated' : found;
    if (code !== 'created') return payments.map((_, at) => (at === index ? code : 'linked_failed'));
    trial = pay(trial, payment);
  }
  return payments.map(() => 'created');
};

/** The states that a lane has been in, one after each transfer. */
export const statesOf = (blocks: readonly Block[], names: readonly string[]): readonly State[] => {
  let state: State = { money: new Map(names.map((name) => [name, 0n])), done: new Map(), block: 0 };
  const states = [state];
  for (const block of blocks)
    for (const { transfer } of entriesOf(block)) {
      const [{ from, to, amount } = { from: '', to: '', amount: 0n }] = transfer.moves;
      state = {
        ...pay(state, { id: transfer.id, unit: UNIT, from, to, amount }),
        block: block.seq,
      };
      states.push(state);
    }
  return states;
};

/** They were not there before, and are there afterwards as they were asked for. */
const isCarriedOut = (payments: readonly Payment[], was: State, is: State | undefined): boolean =>
  payments.every((payment) => {
    const done = is?.done.get(payment.id);
    return done && !was.done.has(payment.id) && difference(done, payment) === 'exists';
  });

/** Whether a sequential ledger could have answered so, between the asking and the telling. */
export const isPossible = (
  { payments, codes, before, after }: Reply,
  states: readonly State[],
  owes: string,
): boolean =>
  states.some((state, index) => {
    const next = states[index + 1];
    // What it saw is what was there when it was asked, or came later, but not after it was told.
    if ((next && next.block <= before) || state.block > after) return false;
    const could = judge(state, payments, owes);
    if (could.some((code, at) => code !== codes[at])) return false;
    return codes[0] !== 'created' || isCarriedOut(payments, state, states[index + payments.length]);
  });
