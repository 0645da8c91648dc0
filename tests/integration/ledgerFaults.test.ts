import { afterAll, describe, expect, inject, it } from 'vitest';
import { type Charge, settleCharge } from '#shared/billing/settleCharge.ts';
import { isDone, type Outcome } from '#shared/ledger/core/types.ts';
import { createEntryStore } from '#shared/ledger/dynamo/entryStore.ts';
import { createHoldStore } from '#shared/ledger/dynamo/holdStore.ts';
import { createLedgerReader } from '#shared/ledger/dynamo/ledgerReader.ts';
import { catchUp } from '#shared/ledger/read/projectEntries.ts';
import { statement } from '#shared/ledger/read/statement.ts';
import { expireHolds } from '#shared/ledger/write/expireHolds.ts';
import type { Ledger } from '#shared/ledger/write/ledger.ts';
import { raiseConflicts } from '../support/conflicts.ts';
import { createInjector, MONEY_FAULTS as FAULTS, type Fault, tellable } from '../support/faults.ts';
import { auditOf, startLedger, type TestLedger, UNIT } from '../support/ledger.ts';
import { seeded } from '../support/seeded.ts';

const LANES = 3;
const RUNS = Number(process.env['SHERATAN_BANK_RUNS'] ?? 6);
const FAR = 4_000_000_000_000;
const HELD_MS = 600_000;

let test: TestLedger;
let plan: (call: number) => Fault | undefined = () => undefined;
const injector = createInjector((call) => plan(call));
const conflicts: (() => number)[] = [];
let tried = 0;
let n = 0;

/** Each history has a ledger of its own: an audit reads it from its first block. */
const startAnew = async (): Promise<void> => {
  test = await startLedger(inject('dynamoEndpoint'), LANES);
  injector.attach(test.options.client);
  conflicts.push(raiseConflicts(test.options.client));
};
afterAll(() => {
  const cancelled = conflicts.reduce((sum, count) => sum + count(), 0);
  console.log(`${tried} fault points of the ledger tried, ${cancelled} transactions in conflict`);
});

const audit = () => auditOf(test);

interface Case {
  /** What has to be there before. */
  readonly before?: (ledger: Ledger, id: string, a: string, b: string) => Promise<unknown>;
  readonly act: (ledger: Ledger, id: string, a: string, b: string) => Promise<readonly Outcome[]>;
  /** Of what each has available. */
  readonly changes: readonly [bigint, bigint];
  readonly after?: (id: string, a: string, b: string) => Promise<void>;
}

const payment = (id: string, from: string, to: string, amount: bigint) => ({
  id,
  unit: UNIT,
  from,
  to,
  amount,
});
const promise = (id: string, from: string, amount: bigint) => ({
  id,
  unit: UNIT,
  from,
  amount,
  expiresAt: FAR,
});

const CASES: Readonly<Record<string, Case>> = {
  'a transfer': {
    act: async (ledger, id, a, b) => [await ledger.transfer(payment(id, a, b, 60n))],
    changes: [-60n, 60n],
  },
  'linked transfers of two payers': {
    act: (ledger, id, a, b) =>
      ledger.linked([payment(`${id}-1`, a, b, 60n), payment(`${id}-2`, b, a, 10n)]),
    changes: [-50n, 50n],
  },
  'a hold': {
    act: async (ledger, id, a) => [await ledger.hold(promise(id, a, 60n))],
    changes: [-60n, 0n],
  },
  'a posting': {
    before: (ledger, id, a) => ledger.hold(promise(`${id}-hold`, a, 60n)),
    act: async (ledger, id, _a, b) => [
      await ledger.post({ id, hold: `${id}-hold`, to: [{ to: b, amount: 50n }] }),
    ],
    changes: [-50n, 50n],
  },
  'a release': {
    before: (ledger, id, a) => ledger.hold(promise(id, a, 60n)),
    act: async (ledger, id) => [await ledger.release(id)],
    changes: [0n, 0n],
  },
};

const hold = (id: string, a: string, expiresAt = FAR) => ({
  ...promise(`${id}-hold`, a, 60n),
  expiresAt,
});
const charge = (id: string, payer: string, payee: string, over: object = {}): Charge => ({
  id,
  hold: `${id}-hold`,
  unit: UNIT,
  payer,
  amount: 60n,
  due: { final: true, payee, marginPpm: 500_000, ...over },
});
const shares = { amounts: ['10', '5'], until: FAR };
const childOf = (id: string, payer: string): Charge => ({
  id: `${id}-child`,
  hold: `${id}:1:hold`,
  unit: UNIT,
  payer,
  amount: 10n,
  draw: { of: `${id}-hold`, until: FAR },
});
const entries = () => createEntryStore(test.options);
const consumer = () => ({
  store: test.store,
  reader: createLedgerReader(test.options),
  entries: entries(),
});
const past = () => ({ ...consumer(), lanes: LANES });
const homeOf = async (ledger: Ledger, account: string): Promise<number> =>
  (await ledger.account({ unit: UNIT, account }))?.lane ?? 0;
const expired = (ledger: Ledger) =>
  expireHolds({ holds: createHoldStore(test.options), ledger, lanes: LANES }, { now: test.now });

/** Settler, snapshotter and the end of holds, each on its own and two of them at once. */
const CONSUMERS: Readonly<Record<string, Case>> = {
  'the settling of a job, whose payee is new': {
    before: (ledger, id, a) => ledger.hold(hold(id, a)),
    act: async (ledger, id, a) => [await settleCharge(charge(id, a, `${id}-new`), ledger)],
    changes: [-60n, 0n],
    after: async (id) => expect(await test.available(`${id}-new`)).toBe(30n),
  },
  'the settling of a job by two at once': {
    before: (ledger, id, a) => ledger.hold(hold(id, a)),
    act: (ledger, id, a, b) => {
      const [one, other] = [charge(id, a, b), charge(id, a, b)];
      return Promise.all([settleCharge(one, ledger), settleCharge(other, test.another())]);
    },
    changes: [-60n, 30n],
  },
  'the settling of a job that pays for its children, one of which has failed': {
    before: (ledger, id, a) => ledger.hold(hold(id, a)),
    act: (ledger, id, a, b) =>
      Promise.all([
        settleCharge(charge(id, a, b, { shares }), ledger),
        settleCharge(childOf(id, a), test.another()),
      ]),
    // 45 are paid, 10 went back, 5 are kept for the other child.
    changes: [-50n, 22n],
  },
  'the settling of a job whose hold has expired': {
    before: async (ledger, id, a) => {
      await ledger.hold(hold(id, a, test.now() + HELD_MS));
      test.advance(HELD_MS);
      await expired(ledger);
    },
    act: async (ledger, id, a, b) => [await settleCharge(charge(id, a, b), ledger)],
    changes: [-60n, 30n],
  },
  'the giving back of a hold': {
    before: (ledger, id, a) => ledger.hold(hold(id, a)),
    act: async (ledger, id, a) => {
      const { due: _due, ...failed } = charge(id, a, '');
      return [await settleCharge(failed, ledger)];
    },
    changes: [0n, 0n],
  },
  'the end of holds whose time is over': {
    before: async (ledger, id, a) => {
      await ledger.hold(hold(id, a, test.now() + HELD_MS));
      test.advance(HELD_MS);
    },
    act: async (ledger) => {
      await expired(ledger);
      return [];
    },
    changes: [0n, 0n],
  },
  'the writing out of entries by two at once': {
    before: async (ledger, id, a, b) => {
      await ledger.transfer(payment(`${id}-1`, a, b, 60n));
      await ledger.transfer(payment(`${id}-2`, a, b, 1n));
    },
    act: async (ledger, _id, a) => {
      const lane = await homeOf(ledger, a);
      await Promise.all([catchUp(lane, consumer()), catchUp(lane, consumer())]);
      return [];
    },
    changes: [-61n, 61n],
    after: async (id, a) => {
      expect(await catchUp(await homeOf(test.ledger, a), consumer())).toBe(0);
      const lines = await statement({ unit: UNIT, account: a }, { limit: 2 }, past());
      expect(lines.map(({ transfer }) => transfer)).toEqual([`${id}-2`, `${id}-1`]);
    },
  },
};

/** Its time over before the answer is there: nobody knows, and then it lands. */
const IMPATIENT = { patienceMs: 1 };
const STRIKES = [
  ...FAULTS.map((fault) => ({ fault, over: {} })),
  { fault: 'lands late' as const, over: IMPATIENT },
];

describe('whatever strikes the ledger', () => {
  const people = async (): Promise<readonly [string, string]> => {
    n += 1;
    const [a, b] = [`a${n}`, `b${n}`];
    await test.open({ [a]: 10n ** 9n, [b]: 10n ** 9n });
    return [a, b];
  };
  const availableTo = (pair: readonly [string, string]) => Promise.all(pair.map(test.available));

  /** @returns what was called, up to the second time */
  const strike = async (
    how: Case,
    pair: readonly [string, string],
    at: number,
    { fault, over }: (typeof STRIKES)[number],
  ): Promise<readonly string[]> => {
    const [a, b] = pair;
    n += 1;
    const id = `f${n}`;
    const began = await availableTo(pair);
    await how.before?.(test.ledger, id, a, b);
    const start = injector.calls.length;
    plan = (call) => (call - start === at ? fault : undefined);
    // A process of its own: what it knew is gone with it.
    // What a function throws, its queue or schedule brings back.
    await injector.invoke(() => how.act(test.another(over), id, a, b).catch(() => []));
    plan = () => undefined;
    const called = injector.calls.slice(start);
    if (over === IMPATIENT) for (const _ of [1, 2]) await injector.wake();
    const outcomes = await how.act(test.another(), id, a, b);
    expect(outcomes.every(isDone), JSON.stringify(outcomes)).toBe(true);
    await injector.wake();
    const ended = await availableTo(pair);
    const where = `${fault} at call ${at} (${injector.calls[start + at]})`;
    expect(
      ended.map((end, index) => end - (began[index] ?? 0n)),
      where,
    ).toEqual(how.changes);
    await how.after?.(id, a, b);
    return called;
  };

  it.each(Object.entries({ ...CASES, ...CONSUMERS }))(
    '%s happens once',
    async (_name, how) => {
      await startAnew();
      const pair = await people();
      const calls = await strike(how, pair, -1, { fault: 'request lost', over: {} });
      for (const [at, name] of calls.entries()) {
        const telling = tellable(name, FAULTS, at);
        for (const each of STRIKES.filter(({ fault }) => telling.includes(fault))) {
          await strike(how, pair, at, each);
          tried += 1;
        }
      }
      await injector.wake();
      await injector.wake();
      expect((await audit()).problem).toBeUndefined();
    },
    300_000,
  );

  type Act = (ledger: Ledger) => Promise<Outcome>;

  /** One thing that somebody wants; a hold is ended by whoever placed it. */
  const wish = (id: string, random: () => number, pick: () => string): Act => {
    const [from, to, amount] = [pick(), pick(), BigInt(1 + Math.floor(random() * 40))];
    const kind = random();
    if (kind < 0.5) return (ledger) => ledger.transfer(payment(id, from, to, amount));
    const half = [{ to: to === from ? 'mint' : to, amount: (amount + 1n) / 2n }];
    return async (ledger) => {
      const held = await ledger.hold(promise(id, from, amount));
      if (!isDone(held)) return held;
      return kind < 0.8
        ? ledger.post({ id: `${id}-post`, hold: id, to: half })
        : ledger.release(id);
    };
  };

  const runBank = async (seed: number): Promise<void> => {
    await startAnew();
    const random = seeded(seed);
    const names = Array.from({ length: 5 }, (_, i) => `bank${seed}-${i}`);
    await test.open(Object.fromEntries(names.map((name) => [name, 100n])));
    const pick = (): string => names[Math.floor(random() * names.length)] ?? '';
    const wishes = Array.from({ length: 30 }, (_, i) => wish(`${seed}-${i}`, random, pick));
    // Some are sent twice, as queues do.
    const acts = wishes.flatMap((act) => (random() < 0.2 ? [act, act] : [act]));
    plan = () => (random() < 0.1 ? FAULTS[Math.floor(random() * FAULTS.length)] : undefined);
    await Promise.all(
      [0, 1, 2].map(async (index) => {
        let process = test.another();
        for (const act of acts.filter((_, i) => i % 3 === index))
          if ((await injector.invoke(() => act(process))) === 'killed') process = test.another();
      }),
    );
    plan = () => undefined;
    // Whatever nobody heard of is asked for once more.
    const last = test.another();
    for (const act of acts) expect((await act(last)).code).not.toBe('unknown');
    await injector.wake();
    await injector.wake();
    expect((await audit()).problem).toBeUndefined();
    for (const account of names) {
      const { available, held } = await test.ledger.balance({ unit: UNIT, account });
      expect(available >= 0n && held === 0n, `${account}: ${available}, ${held} held`).toBe(true);
    }
  };

  it('a bank loses nothing and owes nothing, at random', async () => {
    const first = Math.floor(Date.now() / 1_000);
    for (let seed = first; seed < first + RUNS; seed += 1)
      try {
        await runBank(seed);
      } catch (error) {
        throw new Error(`seed ${seed}`, { cause: error });
      }
  }, 600_000);
});
