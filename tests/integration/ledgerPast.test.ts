/** What is told of a past time stays so, and what is told of one moment is of one moment. */
import { beforeAll, describe, expect, inject, it } from 'vitest';
import { LIMITS } from '#shared/kernel/limits.ts';
import { systemRandom, systemSleep } from '#shared/kernel/ports.ts';
import { isDone } from '#shared/ledger/core/types.ts';
import type { StatementEntry } from '#shared/ledger/ports.ts';
import { balancesOver } from '#shared/ledger/read/balancesOver.ts';
import { catchUp, sweepLanes } from '#shared/ledger/read/projectEntries.ts';
import { standings } from '#shared/ledger/read/standings.ts';
import { balanceAt, statement } from '#shared/ledger/read/statement.ts';
import type { Ledger } from '#shared/ledger/write/ledger.ts';
import { partsOf, startLedger, type TestLedger, UNIT } from '../support/ledger.ts';

const LANES = 3;
let test: TestLedger;
const past = (now = test.now) => ({
  ...partsOf(test.options, LANES),
  lanes: LANES,
  clock: { now },
});
const keyOf = (account: string) => ({ unit: UNIT, account });
const settled = () => test.now() + 2 * LIMITS.ledgerSettledMs;

beforeAll(async () => {
  test = await startLedger(inject('dynamoEndpoint'), LANES);
});

describe('a statement', () => {
  const COUNT = 24;

  /** All that there is, page by page. */
  const readAll = async (account: string, limit: number): Promise<readonly StatementEntry[]> => {
    const all: StatementEntry[] = [];
    for (;;) {
      const page = await statement(keyOf(account), { limit, before: all.at(-1) }, past());
      all.push(...page);
      if (page.length < limit) return all;
    }
  };

  it('has every line once and sums to the balance, whatever the size of its pages', async () => {
    const payers = ['mint', 'b1', 'b2', 'b3', 'b4'];
    await test.open({ b1: 500n, b2: 500n, b3: 500n, b4: 500n, all: 50n });
    // Blocks of many transfers, all of one time, in several lanes.
    const at = test.now() + 1_000;
    const still = test.another({ clock: { now: () => at } });
    const pay = (n: number) =>
      still.transfer({
        id: `s${n}`,
        unit: UNIT,
        from: payers[n % payers.length] ?? '',
        to: 'all',
        amount: BigInt(n + 1),
      });
    const numbers = Array.from({ length: COUNT }, (_, n) => n);
    await Promise.all(numbers.slice(0, COUNT / 2).map(pay));
    await sweepLanes(LANES, past());
    // The rest is in the journal alone.
    await Promise.all(numbers.slice(COUNT / 2).map(pay));
    const { posted } = await test.ledger.balance(keyOf('all'));
    const whole = await readAll('all', 1_000);
    expect(whole.filter((line) => line.at === at)).toHaveLength(COUNT);
    for (let limit = 1; limit <= whole.length + 1; limit += 1) {
      const lines = await readAll('all', limit);
      expect(lines, `pages of ${limit}`).toEqual(whole);
      expect(lines.reduce((sum, { change }) => sum + change, 0n)).toBe(posted);
    }
  });

  it('goes by a time that is given, not included', async () => {
    const [newest] = await statement(keyOf('all'), { limit: 1 }, past());
    const before = { at: newest?.at ?? 0 };
    const older = await statement(keyOf('all'), { limit: 1_000, before }, past());
    expect(older.every(({ at }) => at < before.at)).toBe(true);
    const whole = await readAll('all', 1_000);
    expect(older).toEqual(whole.filter(({ at }) => at < before.at));
  });
});

describe('a balance at a time', () => {
  it('is read on from the blocks, before anybody writes entries', async () => {
    await test.open({ late: 0n });
    const pay = async (id: string): Promise<number> => {
      await test.ledger.transfer({ id, unit: UNIT, from: 'mint', to: 'late', amount: 7n });
      test.advance(1_000);
      return test.now() - 1;
    };
    const [first, second] = [await pay('late1'), await pay('late2')];
    const told = () =>
      Promise.all([first, second].map((at) => balanceAt(keyOf('late'), at, past(settled))));
    const expected = [7n, 14n].map((posted) => ({ kind: 'known', posted }));
    expect(await told()).toEqual(expected);
    await catchUp((await test.ledger.account(keyOf('mint')))?.lane ?? 0, past());
    expect(await told()).toEqual(expected);
  });

  it('is the same in a picture of many times, with as many reads as the picture has points', async () => {
    await test.open({ busy: 0n });
    const began = test.now();
    for (let n = 0; n < 40; n += 1) {
      const amount = BigInt(n + 1);
      await test.ledger.transfer({ id: `busy${n}`, unit: UNIT, from: 'mint', to: 'busy', amount });
      test.advance(100);
      if (n === 25) await sweepLanes(LANES, past());
    }
    // Up to now, however long the transfers took.
    const step = (test.now() - began + 1_000) / 8;
    const times = Array.from({ length: 9 }, (_, n) => Math.round(began - 1_000 + n * step));
    let reads = 0;
    const { entries, ...rest } = past();
    const counted = {
      ...entries,
      entries: (...args: Parameters<typeof entries.entries>) => {
        reads += 1;
        return entries.entries(...args);
      },
    };
    const drawn = await balancesOver(keyOf('busy'), times, { ...rest, entries: counted });
    const told = await Promise.all(times.map((at) => balanceAt(keyOf('busy'), at, past(settled))));
    expect(drawn).toEqual(told.map((each) => each.kind === 'known' && each.posted));
    expect(drawn[0]).toBe(0n);
    expect(drawn.at(-1)).toBe(820n);
    expect(reads).toBeLessThanOrEqual(times.length * LANES);
  });

  it('is not told while something may still be posted up to that time', async () => {
    const at = test.now();
    const open = { kind: 'not known yet', from: at + LIMITS.ledgerSettledMs };
    expect(await balanceAt(keyOf('late'), at, past())).toEqual(open);
    const ahead = at + 1_000_000;
    expect(await balanceAt(keyOf('late'), ahead, past())).toMatchObject({ kind: 'not known yet' });
    expect(await balanceAt(keyOf('late'), at, past(settled))).toMatchObject({ kind: 'known' });
  });

  it('does not go back where the lane of a set is ahead of its writer', async () => {
    await test.open({ x1: 100n, x2: 100n, x3: 100n, x4: 100n });
    const names = ['x1', 'x2', 'x3', 'x4'];
    const pay = (ledger: Ledger, id: string, from: string) =>
      ledger.transfer({ id, unit: UNIT, from, to: 'late', amount: 1n });
    const ahead = test.now() + 3_000;
    await pay(test.another({ clock: { now: () => ahead } }), 'ahead', 'x1');
    const set = names.map((from, n) => ({
      id: `set${n}`,
      unit: UNIT,
      from,
      to: 'late',
      amount: 5n,
    }));
    const before = await test.ledger.balance(keyOf('late'));
    expect((await test.ledger.linked(set)).every(isDone)).toBe(true);
    const blocks = (await statement(keyOf('late'), { limit: 4 }, past())).map(({ at }) => at);
    expect(new Set(blocks).size).toBe(1);
    const [at = 0] = blocks;
    const told = (time: number) =>
      balanceAt(
        keyOf('late'),
        time,
        past(() => at + 10 ** 6),
      );
    expect(await told(at)).toEqual({ kind: 'known', posted: before.posted + 20n });
    const earlier = await told(at - 1);
    expect(earlier.kind === 'known' && earlier.posted <= before.posted).toBe(true);
  });
});

describe('a bank', () => {
  const NAMES = Array.from({ length: 4 }, (_, n) => `bank${n}`);
  const TOTAL = 400n;

  /** Payments within and across lanes, and of what was earned elsewhere. */
  const trade = async (ledger: Ledger, who: number): Promise<void> => {
    for (let n = 0; n < 12; n += 1) {
      const pick = (step: number): string => NAMES[(n + step + who) % NAMES.length] ?? '';
      const [from, to, other] = [pick(0), pick(1), pick(3)];
      const payment = { id: `${who}-${n}`, unit: UNIT, from, to, amount: BigInt(1 + 6 * n) };
      if (n % 3 === 0) await ledger.transfer(payment);
      else await ledger.linked([payment, { ...payment, id: `${who}-${n}b`, from: to, to: other }]);
    }
  };

  const totalAt = async (at: number, now?: () => number): Promise<bigint | undefined> => {
    const all = await Promise.all(NAMES.map((name) => balanceAt(keyOf(name), at, past(now))));
    const known = all.flatMap((each) => (each.kind === 'known' ? each.posted : []));
    return known.length < all.length ? undefined : known.reduce((sum, each) => sum + each, 0n);
  };

  const checkNow = async (): Promise<void> => {
    const rows = await standings({ ...past(), random: systemRandom, wait: systemSleep });
    const sumOf = (some: typeof rows) => some.reduce((sum, { posted }) => sum + posted, 0n);
    expect(sumOf(rows)).toBe(0n);
    expect(sumOf(rows.filter(({ account }) => NAMES.includes(account)))).toBe(TOTAL);
  };

  /** One look at it, while it goes on. */
  const look = async (times: number[]): Promise<void> => {
    const [start = 0] = times;
    await checkNow();
    times.push(Math.max(start, test.now() - 2_000), Math.max(start, test.now()));
    if (times.length % 4 === 1) await sweepLanes(LANES, past());
    for (const at of times.slice(-2)) expect([TOTAL, undefined]).toContain(await totalAt(at));
  };

  it('has the same total at every moment and every time that is told', async () => {
    await test.open(Object.fromEntries(NAMES.map((name) => [name, 100n])));
    const heads = await Promise.all([0, 1, 2].map((lane) => test.store.head(lane)));
    const times = [Math.max(test.now(), ...heads.map(({ at }) => at))];
    let isOver = false;
    const skewed = (ms: number) => test.another({ clock: { now: () => test.now() + ms } });
    const traders = [skewed(0), skewed(-1_500), skewed(1_500)];
    const running = Promise.all(traders.map(trade)).finally(() => {
      isOver = true;
    });
    while (!isOver) await look(times);
    await running;
    await checkNow();
    for (const at of times.slice(-6)) expect(await totalAt(at, settled), `at ${at}`).toBe(TOTAL);
  }, 180_000);
});
