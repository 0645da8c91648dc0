import fc from 'fast-check';
import { expect, it } from 'vitest';
import { chargeOf } from '#shared/billing/charge.ts';
import { createShares } from '#shared/billing/childShares.ts';
import { chargeIdOf, holdIdOf, settlementOf } from '#shared/billing/jobCost.ts';
import { ownAmountOf } from '#shared/billing/settleCharge.ts';
import type { Envelope } from '#shared/jobs/envelope/envelope.ts';
import type { JobRecord } from '#shared/jobs/record/record.ts';
import { Book } from '#shared/ledger/core/book.ts';
import { executeHold } from '#shared/ledger/core/executeHold.ts';

const T = 1_790_000_000_000;
const [UNIT, PAYER] = ['CRD', 'alice'];

const asked = fc.record({ amount: fc.integer({ min: 1, max: 40 }), isSent: fc.boolean() });
const life = fc.record({
  price: fc.integer({ min: 1, max: 30 }),
  budget: fc.option(fc.integer({ min: 1, max: 100 }), { nil: undefined }),
  /** What each run that stops has called; a call that lost a race is not sent. */
  runs: fc.array(fc.array(asked, { maxLength: 5 }), { maxLength: 5 }),
  /** What the last run sends as children. */
  children: fc.array(fc.integer({ min: 1, max: 40 }), { maxLength: 4 }),
  /** Which of the called jobs begin only after the settlement. */
  isLate: fc.func(fc.boolean()),
});

const priceOf = (amount: number) => ({ from: 'parent', amount }) as const;

const claimed = (cost: object): JobRecord => ({
  id: 'j',
  kind: 'agent',
  status: 'RUNNING',
  attempt: 1,
  createdAt: T,
  updatedAt: T,
  messageId: 'm',
  priority: 'normal',
  group: 'g',
  source: 's',
  contentHash: 'h',
  history: [],
  cost: { payer: PAYER, unit: UNIT, amount: '0', ...cost },
});

/** An account whose hold for the job is in the book. */
const bookFor = (record: JobRecord, held: bigint): Book => {
  const book = new Book();
  const account = {
    unit: UNIT,
    account: PAYER,
    lane: 0,
    guarded: true,
    closed: false,
    createdAt: T,
  };
  book.setAccount(account);
  const before = book.position(account, 0);
  book.setPosition(account, 0, { ...before, credits: before.credits + held });
  const request = { id: holdIdOf(record), unit: UNIT, from: PAYER, amount: held };
  expect(executeHold(book, { ...request, expiresAt: T + 1e9 }, T).code).toBe('created');
  return book;
};

/** What a called job does with its envelope when it begins. */
const draw = (book: Book, { cost }: Envelope): string => {
  if (cost?.from !== 'parent' || !cost.draw) return 'no draw';
  const { hold, of, until, payer: from, unit } = cost.draw;
  const request = { id: hold, unit, from, amount: BigInt(cost.amount), expiresAt: until };
  return executeHold(book, { ...request, parent: of }, T).code;
};

const FUNDS = { final: true, giveBack: () => undefined };

interface Told {
  readonly record: JobRecord;
  /** What the called jobs may take, all together. */
  readonly given: bigint;
}

/** One run that calls jobs and stops. @param held in minor units */
const stopped = (
  { record, given }: Told,
  run: readonly { readonly amount: number; readonly isSent: boolean }[],
  held: bigint,
): Told & { readonly calls: readonly Envelope[] } => {
  const shares = createShares(record, { ...FUNDS, hold: holdIdOf(record) });
  let promised = given;
  const prepared = run.flatMap(({ amount, isSent }): Envelope[] => {
    const envelope = { kind: 'tool', cost: shares.priced(priceOf(amount)) };
    if (promised + BigInt(amount) > held) {
      expect(() => shares.grant(envelope.cost)).toThrow(/are left of what this job holds/);
      return [];
    }
    shares.grant(envelope.cost);
    promised += BigInt(amount);
    return isSent ? [envelope] : [];
  });
  const called = shares.called(prepared);
  const more = prepared.reduce((sum, { cost }) => sum + BigInt(cost?.amount ?? 0), 0n);
  const next = called.shares ? { ...record, shares: called.shares } : record;
  return { record: next, given: given + more, calls: called.calls };
};

/** The last run, which sends children. */
const ended = ({ record, given }: Told, children: readonly number[], held: bigint) => {
  const funds = { ...FUNDS, hold: holdIdOf(record) };
  const shares = createShares(record, funds);
  let sent = 0n;
  for (const amount of children) {
    const cut = shares.priced(priceOf(amount));
    const fits = given + sent + BigInt(amount) <= held;
    if (fits) shares.take(cut);
    else expect(() => shares.take(cut)).toThrow(/are left of what this job holds/);
    if (fits) sent += BigInt(amount);
  }
  const settlement = settlementOf(funds, record, undefined, shares.all());
  const charge = chargeOf({ ...record, status: 'COMPLETED', settlement });
  expect(charge?.id).toBe(chargeIdOf(record));
  return { sent, own: charge?.due ? ownAmountOf(charge) : 0n };
};

it('a job never gives away more than it holds, and what is paid adds up', () => {
  fc.assert(
    fc.property(life, ({ price, budget, runs, children, isLate }) => {
      const held = BigInt(price + (budget ?? 0));
      const more = budget === undefined ? {} : { budget: String(budget) };
      let told: Told = { record: claimed({ amount: String(price), ...more }), given: 0n };
      const book = bookFor(told.record, held);
      for (const run of runs) {
        const stop = stopped(told, run, held);
        for (const call of stop.calls.filter((each) => !isLate(each))) {
          expect(draw(book, call)).toBe('created');
          expect(draw(book, call), 'a second run draws nothing more').toBe('exists');
        }
        told = stop;
      }
      const { own, sent } = ended(told, children, held);
      const left = book.hold(holdIdOf(told.record))?.left ?? 0n;
      expect(own + sent).toBeLessThanOrEqual(left);
      const rest = held - told.given - sent;
      expect(own).toBe(rest < BigInt(price) ? rest : BigInt(price));
    }),
    { numRuns: 300 },
  );
});
