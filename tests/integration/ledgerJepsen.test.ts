import { TransactGetCommand } from '@aws-sdk/lib-dynamodb';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { newReplay, replayBlock } from '#shared/ledger/audit/replay.ts';
import type { Block } from '#shared/ledger/core/blocks.ts';
import type { Code, Outcome } from '#shared/ledger/core/types.ts';
import { balanceKey, headKey } from '#shared/ledger/dynamo/ledgerItems.ts';
import type { Ledger } from '#shared/ledger/write/ledger.ts';
import { createInjector, FAULTS, type Fault } from '../support/faults.ts';
import { auditOf, partsOf, startLedger, type TestLedger, UNIT } from '../support/ledger.ts';
import { isPossible, type Payment, type Reply, statesOf } from '../support/ledgerModel.ts';
import { seeded } from '../support/seeded.ts';

const RUNS = Number(process.env['SHERATAN_BANK_RUNS'] ?? 1);
const FAR = 4_000_000_000_000;
const TRANSIT = 'sheratan:transit';

let plan: () => Fault | undefined = () => undefined;
let tests: Record<1 | 3, TestLedger>;
const injector = createInjector(() => plan());
let reads = 0;
let replied = 0;

beforeAll(async () => {
  const endpoint = inject('dynamoEndpoint');
  tests = { 1: await startLedger(endpoint, 1), 3: await startLedger(endpoint, 3) };
  for (const { options } of Object.values(tests)) injector.attach(options.client);
});
afterAll(() => console.log(`${reads} snapshot reads, ${replied} replies checked`));

const strike = (random: () => number) => () =>
  random() < 0.1 ? FAULTS[Math.floor(random() * FAULTS.length)] : undefined;

/** Some are asked for far more often than others. */
const zipf = (names: readonly string[], random: () => number): string =>
  names[Math.floor(names.length * random() ** 3)] ?? '';

const blocksOf = async ({ options, lanes }: TestLedger, lane: number): Promise<Block[]> => {
  const all: Block[] = [];
  for await (const page of partsOf(options, lanes).reader.blocks(lane, 0)) all.push(...page);
  return all;
};

/** Runs the work as three processes that die and come back; what each was told, if it was. */
const inProcesses = async <T>(
  test: TestLedger,
  work: readonly T[],
  act: (ledger: Ledger, each: T) => Promise<readonly Outcome[]>,
  told: (each: T, outcomes: readonly Outcome[] | 'killed', before: number) => Promise<void>,
): Promise<void> => {
  await Promise.all(
    [0, 1, 2].map(async (index) => {
      let process = test.another();
      for (const each of work.filter((_, at) => at % 3 === index)) {
        const { seq } = await test.store.head(0);
        const outcomes = await injector.invoke(() => act(process, each));
        if (outcomes === 'killed') process = test.another();
        await told(each, outcomes, seq);
      }
    }),
  );
};

const withSeeds = async (run: (seed: number) => Promise<void>): Promise<void> => {
  const first = Math.floor(Date.now() / 1_000);
  for (let seed = first; seed < first + RUNS; seed += 1)
    try {
      await run(seed);
    } catch (error) {
      throw new Error(`seed ${seed}`, { cause: error });
    }
};

describe('a bank that is read while it works', () => {
  type Act = (ledger: Ledger) => Promise<readonly Outcome[]>;

  const wish = (id: string, random: () => number, names: readonly string[]): Act => {
    const from = zipf(names, random);
    const to = names[(names.indexOf(from) + 1 + Math.floor(random() * 4)) % names.length] ?? '';
    const amount = BigInt(1 + Math.floor(random() * 60));
    const kind = random();
    if (kind < 0.5)
      return async (ledger) => [await ledger.transfer({ id, unit: UNIT, from, to, amount })];
    return async (ledger) => {
      const held = await ledger.hold({ id, unit: UNIT, from, amount, expiresAt: FAR });
      const half = [{ to, amount: (amount + 1n) / 2n }];
      if (held.code !== 'created' && held.code !== 'exists') return [held];
      return [
        kind < 0.8
          ? await ledger.post({ id: `${id}-post`, hold: id, to: half })
          : await ledger.release(id),
      ];
    };
  };

  interface Place {
    readonly name: string;
    readonly lane: number;
    readonly sums: Readonly<Record<'dr' | 'cr' | 'pd' | 'av', bigint>>;
    readonly seq: number;
  }
  interface Read {
    readonly heads: readonly number[];
    readonly places: readonly Place[];
  }

  /** All heads and balances as of one moment. */
  const snapshot = async (test: TestLedger, names: readonly string[]): Promise<Read> => {
    const { client, table } = test.options;
    const lanes = Array.from({ length: test.lanes }, (_, lane) => lane);
    const at = names.flatMap((name) => lanes.map((lane) => ({ name, lane })));
    const keys = [
      ...lanes.map(headKey),
      ...at.map(({ name, lane }) => balanceKey({ unit: UNIT, account: name }, lane)),
    ];
    const { Responses = [] } = await client.send(
      new TransactGetCommand({
        TransactItems: keys.map((Key) => ({ Get: { TableName: table, Key } })),
      }),
    );
    const of = (index: number, field: string): bigint =>
      (Responses[index]?.Item?.[field] as bigint | undefined) ?? 0n;
    return {
      heads: lanes.map((lane) => Number(of(lane, 'seq'))),
      places: at.map(({ name, lane }, place) => {
        const index = lanes.length + place;
        const [dr, cr, pd, av] = (['dr', 'cr', 'pd', 'av'] as const).map((each) => of(index, each));
        const sums = { dr: dr ?? 0n, cr: cr ?? 0n, pd: pd ?? 0n, av: av ?? 0n };
        return { name, lane, sums, seq: Number(of(index, 'seq')) };
      }),
    };
  };

  const expectSound = ({ places }: Read, total: bigint): void => {
    const posted = (of: (name: string) => boolean): bigint =>
      places.reduce((sum, { name, sums: { cr, dr } }) => (of(name) ? sum + cr - dr : sum), 0n);
    expect(posted((name) => name !== TRANSIT)).toBe(total);
    expect(posted((name) => name === TRANSIT)).toBe(0n);
    const wrong = places.filter(({ name, sums: { dr, cr, pd, av } }) => {
      const owes = name !== TRANSIT && (av < 0n || pd < 0n || cr - dr < 0n);
      return owes || av !== cr - dr - pd;
    });
    expect(wrong).toEqual([]);
  };

  /** Each read is what the journal had come to, in every lane, at the heads that it saw. */
  const expectJournaled = async (test: TestLedger, all: readonly Read[]): Promise<void> => {
    for (let lane = 0; lane < test.lanes; lane += 1) {
      let replay = newReplay(lane);
      const due = all.toSorted((a, b) => (a.heads[lane] ?? 0) - (b.heads[lane] ?? 0));
      const compare = (read: Read): void => {
        for (const { name, sums, seq } of read.places.filter((place) => place.lane === lane)) {
          const found = replay.book.position({ unit: UNIT, account: name }, lane);
          expect({ dr: found.debits, cr: found.credits, seq: found.seq }).toEqual({
            dr: sums.dr,
            cr: sums.cr,
            seq,
          });
        }
      };
      const take = (seq: number): void => {
        for (const read of due.filter(({ heads }) => heads[lane] === seq)) compare(read);
      };
      take(0);
      for (const block of await blocksOf(test, lane)) {
        const next = replayBlock(replay, block);
        if ('where' in next) throw new Error(`${next.where}: ${next.what}`);
        replay = next;
        take(block.seq);
      }
    }
  };

  const run = async (seed: number): Promise<void> => {
    const test = tests[3];
    const random = seeded(seed);
    const names = Array.from({ length: 6 }, (_, i) => `bank${seed}-${i}`);
    await test.open(Object.fromEntries(names.map((name) => [name, 100n])));
    const acts = Array.from({ length: 45 }, (_, i) => wish(`${seed}-${i}`, random, names));
    const seen: Read[] = [];
    let over = false;
    const reader = async (): Promise<void> => {
      while (!over) {
        const read = await snapshot(test, [...names, TRANSIT]);
        seen.push(read);
        expectSound(read, 600n);
      }
    };
    plan = strike(random);
    const work = inProcesses(
      test,
      acts,
      (ledger, act) => act(ledger),
      () => Promise.resolve(),
    ).finally(() => {
      over = true;
    });
    await Promise.all([work, reader(), reader()]);
    plan = () => undefined;
    const last = test.another();
    for (const act of acts) {
      const outcomes = await act(last);
      expect(outcomes.map(({ code }) => code)).not.toContain('unknown');
    }
    await injector.wake();
    await injector.wake();
    expectSound(await snapshot(test, [...names, TRANSIT]), 600n);
    await expectJournaled(test, seen);
    expect((await auditOf(test)).problem).toBeUndefined();
    expect(new Set(seen.map(({ heads }) => heads.join())).size).toBeGreaterThan(5);
    reads += seen.length;
  };

  it(
    'has the same total at every read, owes nothing, and is what its journal says, at random',
    () => withSeeds(run),
    600_000,
  );
});

const pays = async (ledger: Ledger, payments: readonly Payment[]): Promise<readonly Outcome[]> => {
  const [first] = payments;
  if (!first) return [];
  return payments.length === 1 ? [await ledger.transfer(first)] : ledger.linked(payments);
};

const codesOf = (outcomes: readonly Outcome[]): readonly Code[] => outcomes.map(({ code }) => code);

describe('one lane, read as the order in which everything happened', () => {
  /** @param again how many ids in a hundred are earlier ones, as they were or with something changed */
  const workload = (
    seed: number,
    random: () => number,
    names: readonly string[],
    again: number,
  ) => {
    const earlier: Payment[] = [];
    const one = (id: string): Payment => {
      const [from, to] = [zipf(names, random), zipf(names, random)];
      return { id, unit: UNIT, from, to, amount: BigInt(Math.floor(random() * 50)) };
    };
    const repeated = (old: Payment): Payment => {
      const poison = random();
      if (poison < 0.5) return old;
      if (poison < 0.7) return { ...old, amount: old.amount + 1n };
      return poison < 0.85 ? { ...old, to: zipf(names, random) } : { ...one(old.id) };
    };
    return Array.from({ length: 60 }, (_, i) => {
      const length = 1 + Math.floor(4 * random() ** 4);
      return Array.from({ length }, (__, at): Payment => {
        const old = earlier[Math.floor(random() * earlier.length)];
        if (old && random() * 100 < again) return repeated(old);
        const fresh = one(`${seed}-${again}-${i}-${at}`);
        earlier.push(fresh);
        return fresh;
      });
    });
  };

  const runWorkload = async (seed: number, again: number): Promise<void> => {
    const test = tests[1];
    const random = seeded(seed);
    const names = Array.from({ length: 5 }, (_, i) => `w${seed}-${again}-${i}`);
    await test.open(Object.fromEntries(names.map((name) => [name, 60n])));
    const asked = workload(seed, random, [...names, 'nobody'], again);
    const replies: Reply[] = [];
    const note = async (
      payments: readonly Payment[],
      outcomes: readonly Outcome[],
      before: number,
    ): Promise<void> => {
      const { seq: after } = await test.store.head(0);
      replies.push({ payments, codes: codesOf(outcomes), before, after });
    };
    const open: (readonly Payment[])[] = [];
    plan = strike(random);
    await inProcesses(test, asked, pays, async (payments, outcomes, before) => {
      const unknown = outcomes === 'killed' || codesOf(outcomes).includes('unknown');
      if (unknown) open.push(payments);
      else await note(payments, outcomes, before);
    });
    plan = () => undefined;
    await injector.wake();
    await injector.wake();
    const last = test.another();
    for (const payments of open) {
      const { seq } = await test.store.head(0);
      await note(payments, await pays(last, payments), seq);
    }
    const states = statesOf(await blocksOf(test, 0), ['mint', ...names]);
    const impossible = replies.filter((reply) => !isPossible(reply, states, 'mint'));
    expect(impossible).toEqual([]);
    const falsified = replies.flatMap((reply): Reply[] => {
      const payments = reply.payments.map((each) => ({ ...each, amount: each.amount + 1n }));
      return reply.codes[0] === 'created' ? [{ ...reply, payments }] : [];
    });
    expect(falsified.filter((reply) => isPossible(reply, states, 'mint'))).toEqual([]);
    expect(replies).toHaveLength(asked.length);
    const created = replies.flatMap(({ payments, codes }) =>
      payments.flatMap(({ id }, at) => (codes[at] === 'created' ? id : [])),
    );
    expect(new Set(created).size).toBe(created.length);
    const owing = states.filter(({ money }) => names.some((name) => (money.get(name) ?? 0n) < 0n));
    expect(owing).toEqual([]);
    expect((await auditOf(test)).problem).toBeUndefined();
    replied += replies.length;
  };

  it(
    'answers transfers and chains of them as one after another would be, at random',
    () => withSeeds((seed) => runWorkload(seed, 0)),
    600_000,
  );

  it.each([10, 30])(
    'never does an id twice, nor in two ways, when %i in a hundred are repeated or poisoned, at random',
    (again) => withSeeds((seed) => runWorkload(seed, again)),
    600_000,
  );
});

describe('three lanes, transfers and holds', () => {
  interface Wish {
    readonly kind: 'transfer' | 'hold';
    readonly payment: Payment;
  }
  const fieldsOf = ({ kind, payment: { from, to, amount } }: Wish): string =>
    kind === 'hold' ? `hold ${from} ${amount}` : `transfer ${from} ${to} ${amount}`;

  const act = async (ledger: Ledger, { kind, payment }: Wish): Promise<readonly Outcome[]> => {
    const { id, unit, from, amount } = payment;
    if (kind === 'transfer') return [await ledger.transfer(payment)];
    return [await ledger.hold({ id, unit, from, amount, expiresAt: FAR })];
  };

  interface Answer {
    readonly wish: Wish;
    readonly code: Code;
  }

  const wishesOf = (seed: number, random: () => number, names: readonly string[]): Wish[] => {
    const wishes: Wish[] = [];
    for (let i = 0; i < 60; i += 1) {
      const [from, to] = [zipf(names, random), zipf(names, random)];
      const id = `i${seed}-${random() < 0.3 ? Math.floor(random() * i) : i}`;
      const kind = random() < 0.7 ? 'transfer' : 'hold';
      const fresh = { id, unit: UNIT, from, to, amount: BigInt(1 + Math.floor(random() * 20)) };
      const old = wishes.find(({ payment }) => payment.id === id);
      wishes.push(old && random() < 0.5 ? old : { kind, payment: fresh });
    }
    return wishes;
  };

  /** What each id has become, as {@link fieldsOf} has it. */
  const versionsOf = async (ids: readonly string[]): Promise<ReadonlyMap<string, string>> => {
    const records = await partsOf(tests[3].options, 3).reader.records(ids);
    return new Map(
      records.map((record) => {
        if ('hold' in record) return [record.id, `hold ${record.hold.from} ${record.hold.amount}`];
        const [{ from = '', to = '', amount = 0n } = {}] = record.transfer.moves;
        return [record.id, `transfer ${from} ${to} ${amount}`];
      }),
    );
  };

  const isWrong = ({ wish, code }: Answer, versions: ReadonlyMap<string, string>): boolean => {
    const version = versions.get(wish.payment.id);
    if (code === 'created' || code === 'exists') return version !== fieldsOf(wish);
    return code.startsWith('exists_with') && (!version || version === fieldsOf(wish));
  };

  const run = async (seed: number): Promise<void> => {
    const test = tests[3];
    const random = seeded(seed);
    const names = Array.from({ length: 5 }, (_, i) => `i${seed}-${i}`);
    await test.open(Object.fromEntries(names.map((name) => [name, 100n])));
    const wishes = wishesOf(seed, random, names);
    const answers: Answer[] = [];
    plan = strike(random);
    await inProcesses(test, wishes, act, (wish, outcomes) => {
      const [code = 'unknown'] = outcomes === 'killed' ? [] : codesOf(outcomes);
      answers.push({ wish, code });
      return Promise.resolve();
    });
    plan = () => undefined;
    await injector.wake();
    await injector.wake();
    const last = test.another();
    for (const { wish } of answers.filter(({ code }) => code === 'unknown'))
      answers.push({ wish, code: codesOf(await act(last, wish))[0] ?? 'unknown' });
    const versions = await versionsOf([...new Set(wishes.map(({ payment }) => payment.id))]);
    expect(answers.filter((answer) => isWrong(answer, versions))).toEqual([]);
    const created = answers.flatMap(({ wish, code }) =>
      code === 'created' ? wish.payment.id : [],
    );
    expect(new Set(created).size).toBe(created.length);
    expect((await auditOf(test)).problem).toBeUndefined();
    replied += answers.length;
  };

  it(
    'give an id one success and one version, whatever it is asked for as, at random',
    () => withSeeds(run),
    600_000,
  );
});
