import { TransactionCanceledException } from '@aws-sdk/client-dynamodb';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { splitOf } from '#shared/billing/settleCharge.ts';
import { LIMITS } from '#shared/kernel/limits.ts';
import { newReplay, type Replay, replayBlock, sumsOf } from '#shared/ledger/audit/replay.ts';
import { changesOf } from '#shared/ledger/core/balanceChanges.ts';
import { entriesOf, genesis, seal } from '#shared/ledger/core/blocks.ts';
import { Book } from '#shared/ledger/core/book.ts';
import { StoreRefusedError } from '#shared/ledger/core/errors.ts';
import { type Executed, execute } from '#shared/ledger/core/execute.ts';
import { executeHold, executeRelease } from '#shared/ledger/core/executeHold.ts';
import { availableOf, postedOf } from '#shared/ledger/core/types.ts';
import { cancellationOf } from '#shared/ledger/dynamo/cancellation.ts';

import { movesHome } from '#shared/ledger/write/bringHome.ts';

const UNIT = 'CRD';
const NAMES = ['mint', 'a', 'b', 'c'] as const;
const NOW = 1_000;

const newBook = (): Book => {
  const book = new Book();
  for (const account of NAMES)
    book.setAccount({
      unit: UNIT,
      account,
      lane: 0,
      closed: false,
      createdAt: 0,
      guarded: account !== 'mint',
    });
  return book;
};

const name = fc.constantFrom(...NAMES);
const amount = fc.bigInt({ min: 0n, max: 60n });
const id = fc.integer({ min: 0, max: 25 }).map((n) => `t${n}`);
const holdId = fc.integer({ min: 0, max: 6 }).map((n) => `h${n}`);
const act = fc.oneof(
  fc.record({ kind: fc.constant('pay' as const), id, from: name, to: name, amount }),
  fc.record({ kind: fc.constant('hold' as const), id: holdId, from: name, amount }),
  fc.record({
    kind: fc.constant('post' as const),
    id,
    hold: holdId,
    from: name,
    to: name,
    amount,
    final: fc.boolean(),
  }),
  fc.record({
    kind: fc.constant('end' as const),
    id: holdId,
    as: fc.constantFrom('released' as const, 'expired' as const),
  }),
);
type Act = typeof act extends fc.Arbitrary<infer T> ? T : never;

const carryOut = (book: Book, each: Act): Executed | undefined => {
  if (each.kind === 'hold') {
    executeHold(book, { ...each, unit: UNIT, expiresAt: 2_000 }, NOW);
    return undefined;
  }
  if (each.kind === 'end') {
    executeRelease(book, each.id, each.as);
    return undefined;
  }
  const { from, to } = each;
  const hold = each.kind === 'post' ? { hold: { id: each.hold, final: each.final } } : {};
  const transfer = { id: each.id, unit: UNIT, moves: [{ from, to, amount: each.amount }], ...hold };
  const result = execute(book, transfer, NOW);
  return 'legs' in result ? result : undefined;
};

/** Written apart from the rules: sequential, with nothing but sums. */
class Model {
  readonly money = new Map<string, bigint>(NAMES.map((each) => [each, 0n]));
  readonly #holds = new Map<string, { from: string; left: bigint; open: boolean }>();
  readonly #done = new Set<string>();

  free(who: string): bigint {
    const held = [...this.#holds.values()].filter(({ from, open }) => open && from === who);
    return held.reduce((sum, { left }) => sum - left, this.money.get(who) ?? 0n);
  }

  #can(who: string, sum: bigint): boolean {
    return who === 'mint' || this.free(who) >= sum;
  }

  #hold({ id: name, from, amount: sum }: { id: string; from: string; amount: bigint }): void {
    if (sum > 0n && !this.#holds.has(name) && this.#can(from, sum))
      this.#holds.set(name, { from, left: sum, open: true });
  }

  #draw(name: string, from: string, sum: bigint, final: boolean): boolean {
    const hold = this.#holds.get(name);
    if (!hold?.open || hold.from !== from || hold.left < sum) return false;
    hold.left -= sum;
    if (final || hold.left === 0n) hold.open = false;
    return true;
  }

  #move(each: Extract<Act, { kind: 'pay' | 'post' }>): void {
    const { from, to, amount: sum } = each;
    if (sum === 0n || from === to || this.#done.has(each.id)) return;
    const paid =
      each.kind === 'post' ? this.#draw(each.hold, from, sum, each.final) : this.#can(from, sum);
    if (!paid) return;
    this.money.set(from, (this.money.get(from) ?? 0n) - sum);
    this.money.set(to, (this.money.get(to) ?? 0n) + sum);
    this.#done.add(each.id);
  }

  do(each: Act): void {
    if (each.kind === 'hold') this.#hold(each);
    else if (each.kind === 'end') {
      const hold = this.#holds.get(each.id);
      if (hold) hold.open = false;
    } else this.#move(each);
  }
}

const isSound = (book: Book, account: string): boolean => {
  const position = book.position({ unit: UNIT, account }, 0);
  return position.held >= 0n && (account === 'mint' || availableOf(position) >= 0n);
};

describe('the core of the ledger', () => {
  it('agrees with a sequential model, and never lets a guarded account owe', () => {
    fc.assert(
      fc.property(fc.array(act, { maxLength: 60 }), (acts) => {
        const book = newBook();
        for (const each of acts) {
          carryOut(book, each);
          expect(NAMES.filter((account) => !isSound(book, account))).toEqual([]);
        }
        const model = new Model();
        for (const each of acts) model.do(each);
        for (const account of NAMES) {
          const position = book.position({ unit: UNIT, account }, 0);
          expect(postedOf(position)).toBe(model.money.get(account));
          expect(availableOf(position)).toBe(model.free(account));
        }
      }),
      { numRuns: 500 },
    );
  });

  it('is the same however its transfers are grouped, and its journal gives it back', () => {
    fc.assert(
      fc.property(
        fc.array(act, { maxLength: 40 }),
        fc.array(fc.integer({ min: 1, max: 7 }), { minLength: 40, maxLength: 40 }),
        (acts, sizes) => {
          const book = newBook();
          let head = genesis(0);
          let replay: Replay = newReplay(0);
          let group: Executed[] = [];
          const flush = (): void => {
            if (group.length === 0) return;
            const block = seal(head, group, NOW);
            expect(entriesOf(block)).toHaveLength(group.length);
            const next = replayBlock(replay, block);
            if ('where' in next) throw new Error(`${next.where} ${next.what}`);
            replay = next;
            head = block;
            group = [];
          };
          acts.forEach((each, index) => {
            const done = carryOut(book, each);
            if (done) group.push(done);
            if (group.length >= (sizes[index] ?? 1)) flush();
          });
          flush();
          expect([...sumsOf(replay).values()].every((sum) => sum === 0n)).toBe(true);
          for (const account of NAMES) {
            const [live, copy] = [book, replay.book].map((each) =>
              each.position({ unit: UNIT, account }, 0),
            );
            expect(live && copy && postedOf(live) === postedOf(copy)).toBe(true);
          }
        },
      ),
      { numRuns: 300 },
    );
  });

  it('asks for what the lowest point of a group needs, not for what it comes to', () => {
    const book = newBook();
    carryOut(book, { kind: 'pay', id: 't0', from: 'mint', to: 'a', amount: 10n });
    const trial = new Book(book);
    const done = [
      carryOut(trial, { kind: 'pay', id: 't1', from: 'a', to: 'b', amount: 10n }),
      carryOut(trial, { kind: 'pay', id: 't2', from: 'b', to: 'a', amount: 10n }),
    ].flatMap((each) => each ?? []);
    const changes = changesOf(book, trial, done);
    const needs = Object.fromEntries(changes.map(({ key, need }) => [key.account, need]));
    expect(needs).toEqual({ a: 10n, b: 0n });
  });

  it('splits every amount without losing a unit', () => {
    fc.assert(
      fc.property(
        fc.bigInt({ min: 1n, max: 10n ** 30n }),
        fc.integer({ min: 0, max: 1_000_000 }),
        (sum, ppm) => {
          const { share, margin } = splitOf(sum, ppm);
          expect(share + margin).toBe(sum);
          expect(share >= 0n && margin >= 0n).toBe(true);
        },
      ),
    );
  });
});

describe('what comes home from other lanes', () => {
  const sum = fc.bigInt({ min: 1n, max: 5n * LIMITS.ledgerAmountMax });

  it('is what is missing or all there is, each within the limit of one transfer', () => {
    fc.assert(
      fc.property(fc.array(sum, { maxLength: 5 }), fc.option(sum), (sums, missing) => {
        const abroad = sums.map((each, lane) => ({ lane, amount: each }));
        const there = sums.reduce((total, each) => total + each, 0n);
        const moves = movesHome(abroad, missing ?? undefined);
        const moved = moves.reduce((total, move) => total + move.amount, 0n);
        const wanted = missing ?? there;
        expect(moved <= there && moved >= (wanted < there ? wanted : there)).toBe(true);
        expect(moves.every((move) => move.amount <= LIMITS.ledgerAmountMax)).toBe(true);
        for (const { lane, amount: all } of abroad) {
          const from = moves.filter((move) => move.lane === lane);
          expect(from.reduce((rest, move) => rest - move.amount, all) >= 0n).toBe(true);
        }
      }),
    );
    expect(movesHome([{ lane: 1, amount: 5n }], -3n)).toEqual([]);
  });
});

describe('a cancelled transaction', () => {
  const cancelled = (...codes: string[]) =>
    new TransactionCanceledException({
      $metadata: {},
      message: 'cancelled',
      CancellationReasons: codes.map((Code) => ({ Code })),
    });

  it.each([
    [['None', 'TransactionConflict'], 'busy'],
    [['ConditionalCheckFailed', 'TransactionConflict'], 'busy'],
    [['ThrottlingError', 'None'], 'busy'],
    [['None', 'ConditionalCheckFailed'], 'failed'],
  ] as const)('for %j is %s', (codes, kind) => {
    expect(cancellationOf(cancelled(...codes)).kind).toBe(kind);
  });

  it('for what it says is refused, whatever else there is', () => {
    for (const reasons of [['ValidationError'], ['TransactionConflict', 'ValidationError']])
      expect(() => cancellationOf(cancelled(...reasons))).toThrow(StoreRefusedError);
  });

  it('for a reason that nobody expects is an error', () => {
    expect(() => cancellationOf(cancelled('SomethingElse'))).toThrow('cancelled');
    expect(() => cancellationOf(new TypeError('ours'))).toThrow('ours');
  });
});
