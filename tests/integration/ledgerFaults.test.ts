import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import type { Ledger } from '#shared/ledger/ledger.ts';
import { isDone, type Outcome } from '#shared/ledger/types.ts';
import { createInjector, FAULTS, type Fault } from '../support/faults.ts';
import { auditOf, startLedger, type TestLedger, UNIT } from '../support/ledger.ts';
import { seeded } from '../support/seeded.ts';

const LANES = 3;
const RUNS = Number(process.env['SHERATAN_BANK_RUNS'] ?? 6);
const FAR = 4_000_000_000_000;

let test: TestLedger;
let plan: (call: number) => Fault | undefined = () => undefined;
const injector = createInjector((call) => plan(call));
let tried = 0;
let n = 0;

beforeAll(async () => {
  test = await startLedger(inject('dynamoEndpoint'), LANES);
  injector.attach(test.options.client);
});
afterAll(() => console.log(`${tried} fault points of the ledger tried`));

const audit = () => auditOf(test);

interface Case {
  /** What has to be there before. */
  readonly before?: (ledger: Ledger, id: string, a: string) => Promise<unknown>;
  readonly act: (ledger: Ledger, id: string, a: string, b: string) => Promise<readonly Outcome[]>;
  /** What each has available in the end; both begin with 100. */
  readonly ends: readonly [bigint, bigint];
}

const payment = (id: string, from: string, to: string, amount: bigint) => ({
  ...{ id, unit: UNIT, from, to, amount },
});
const promise = (id: string, from: string, amount: bigint) => ({
  ...{ id, unit: UNIT, from, amount, expiresAt: FAR },
});

const CASES: Readonly<Record<string, Case>> = {
  'a transfer': {
    act: async (ledger, id, a, b) => [await ledger.transfer(payment(id, a, b, 60n))],
    ends: [40n, 160n],
  },
  'linked transfers of two payers': {
    act: (ledger, id, a, b) =>
      ledger.linked([payment(`${id}-1`, a, b, 60n), payment(`${id}-2`, b, a, 10n)]),
    ends: [50n, 150n],
  },
  'a hold': {
    act: async (ledger, id, a) => [await ledger.hold(promise(id, a, 60n))],
    ends: [40n, 100n],
  },
  'a posting': {
    before: (ledger, id, a) => ledger.hold(promise(`${id}-hold`, a, 60n)),
    act: async (ledger, id, _a, b) => [
      await ledger.post({ id, hold: `${id}-hold`, to: [{ to: b, amount: 50n }] }),
    ],
    ends: [50n, 150n],
  },
  'a release': {
    before: (ledger, id, a) => ledger.hold(promise(id, a, 60n)),
    act: async (ledger, id) => [await ledger.release(id)],
    ends: [100n, 100n],
  },
};

describe('whatever strikes the ledger', () => {
  const people = async (): Promise<[string, string]> => {
    n += 1;
    const [a, b] = [`a${n}`, `b${n}`];
    await test.open({ [a]: 100n, [b]: 100n });
    return [a, b];
  };

  const strike = async (how: Case, at: number, fault: Fault): Promise<boolean> => {
    const [a, b] = await people();
    const id = `f${n}`;
    await how.before?.(test.ledger, id, a);
    const start = injector.calls.length;
    let struck = false;
    plan = (call) => {
      struck ||= call - start === at;
      return call - start === at ? fault : undefined;
    };
    // A process of its own: what it knew is gone with it.
    await injector.invoke(() => how.act(test.another(), id, a, b));
    plan = () => undefined;
    const outcomes = await how.act(test.another(), id, a, b);
    expect(outcomes.every(isDone), JSON.stringify(outcomes)).toBe(true);
    await injector.wake();
    expect([await test.available(a), await test.available(b)]).toEqual(how.ends);
    return struck;
  };

  it.each(Object.entries(CASES))(
    '%s happens once',
    async (_name, how) => {
      for (const fault of FAULTS)
        for (let at = 0; await strike(how, at, fault); at += 1) tried += 1;
      await injector.wake();
      expect((await audit()).problem).toBeUndefined();
    },
    120_000,
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
