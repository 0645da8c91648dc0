/** The ledger, beside raw transactions of the same shape on the same server. */
import { TransactWriteCommand } from '@aws-sdk/lib-dynamodb';
import { startTableServer } from '#emulator/tables/tableServer.ts';
import { follow, newReplica } from '#shared/ledger/audit/replica.ts';
import { createEntryStore } from '#shared/ledger/dynamo/entryStore.ts';
import { balanceKey } from '#shared/ledger/dynamo/ledgerItems.ts';
import { createLedgerReader } from '#shared/ledger/dynamo/ledgerReader.ts';
import { transferItem } from '#shared/ledger/dynamo/recordItems.ts';
import { sweepLanes } from '#shared/ledger/read/projectEntries.ts';
import { auditOf, startLedger, type TestLedger, UNIT } from '../support/ledger.ts';
import { createLedgerTable } from '../support/table.ts';
import { countDynamo, noCounts } from './counts.ts';
import { line, round, spread, title } from './stats.ts';

const ACCOUNTS = 40;
const GROUP = 32;
const MS = 3_000;
const ROUNDS = 5;
/** On demand, us-east-1. */
const USD_PER_MILLION = { write: 0.625, read: 0.125 };
const LANES = 4;

const names = Array.from({ length: ACCOUNTS }, (_, n) => `bench${n}`);
const pick = (): string => names[Math.floor(Math.random() * ACCOUNTS)] ?? '';

let serial = 0;
const payment = () => {
  serial += 1;
  const from = pick();
  let to = pick();
  while (to === from) to = pick();
  return { id: `b${serial}`, unit: UNIT, from, to, amount: 1n };
};

type Payment = ReturnType<typeof payment>;

/** Records and balances of as many transfers as the ledger keeps them, without journal, chain or fence. */
const rawGroup = ({ options: { client, table } }: TestLedger, size: number) => {
  const payments = Array.from({ length: size }, payment);
  const touched = new Set(payments.flatMap(({ from, to }) => [from, to]));
  const place = { lane: 0, seq: serial, index: 0 };
  const records = payments.map(({ id, unit, ...move }) => ({
    Put: {
      TableName: table,
      Item: transferItem({ id: `raw-${id}`, unit, moves: [move] }, place),
      ConditionExpression: 'attribute_not_exists(pk)',
    },
  }));
  const balances = [...touched].map((name) => ({
    Update: {
      TableName: table,
      Key: { ...balanceKey({ unit: UNIT, account: name }, 0), sk: 'RAW' },
      UpdateExpression: 'SET dr = :n, cr = :n, seq = :n ADD av :one, pd :zero',
      ConditionExpression: 'attribute_not_exists(closed)',
      ExpressionAttributeValues: { ':n': serial, ':one': 1, ':zero': 0 },
    },
  }));
  return client.send(new TransactWriteCommand({ TransactItems: [...records, ...balances] }));
};

/** Runs `callers` loops for a while; how many a second, and how long each took. */
const rate = async (callers: number, each: number, work: () => Promise<unknown>) => {
  const took: number[] = [];
  const end = Date.now() + MS;
  const began = Date.now();
  await Promise.all(
    Array.from({ length: callers }, async () => {
      while (Date.now() < end) {
        const at = performance.now();
        await work();
        took.push(performance.now() - at);
      }
    }),
  );
  const seconds = (Date.now() - began) / 1_000;
  return { perSecond: round((took.length * each) / seconds, 0), ...spread(took) };
};

type Rate = Awaited<ReturnType<typeof rate>>;

const show = (label: string, { perSecond, p50, p99 }: Rate): void =>
  line(label, `${perSecond}/s, p50 ${round(p50)} ms, p99 ${round(p99)} ms`);

const medianOf = (rates: readonly Rate[]): Rate => {
  const sorted = [...rates].sort((a, b) => a.perSecond - b.perSecond);
  const middle = sorted[Math.floor(sorted.length / 2)];
  if (!middle) throw new RangeError('no rounds');
  return middle;
};

const timed = async <T>(work: () => Promise<T>): Promise<readonly [T, number]> => {
  const began = performance.now();
  return [await work(), (performance.now() - began) / 1_000];
};

const audit = async (test: TestLedger) => {
  const reader = createLedgerReader(test.options);
  const entries = createEntryStore(test.options);
  const [{ written }, wrote] = await timed(() =>
    sweepLanes(1, { store: test.store, reader, entries }),
  );
  const [{ blocks }, replayed] = await timed(() => follow(newReplica(1), reader));
  const [verdict, verified] = await timed(() => auditOf(test));
  if (verdict.problem) throw new Error(`${verdict.problem.where}: ${verdict.problem.what}`);
  const speeds = {
    snapshotter: round(written / wrote, 0),
    replica: round(blocks / replayed, 0),
    verify: round(verdict.blocks / verified, 0),
  };
  line('snapshotter', `${speeds.snapshotter} blocks/s (${written} blocks)`);
  line('replica', `${speeds.replica} blocks/s`);
  line('verify, every item', `${speeds.verify} blocks/s (${verdict.transfers} transfers)`);
  return speeds;
};

/** How far the entries are behind the journal while it is written, in blocks, looked at all the time. */
const lagOf = async (test: TestLedger) => {
  const deps = {
    store: test.store,
    reader: createLedgerReader(test.options),
    entries: createEntryStore(test.options),
  };
  const lags: number[] = [];
  let writing = true;
  const follower = (async () => {
    while (writing) lags.push((await sweepLanes(1, deps)).lag);
  })();
  await rate(96, 1, () => test.ledger.transfer(payment()));
  writing = false;
  await follower;
  const { p50, p99 } = spread(lags);
  line('snapshotter beside 96 callers', `behind by p50 ${p50}, p99 ${p99} blocks at each look`);
  return { p50, p99 };
};

const hold = ({ ledger }: TestLedger, { id, from }: Payment) =>
  ledger.hold({ id, unit: UNIT, from, amount: 1n, expiresAt: 4e12 });
const post = ({ ledger }: TestLedger, { id, to }: Payment) =>
  ledger.post({ id: `${id}:p`, hold: id, to: [{ to, amount: 1n }] });

const benchHolds = async (test: TestLedger) => {
  const took: Record<'hold' | 'post', number[]> = { hold: [], post: [] };
  const timedAs = async (name: 'hold' | 'post', work: Promise<unknown>): Promise<void> => {
    const at = performance.now();
    await work;
    took[name].push(performance.now() - at);
  };
  const both = await rate(64, 1, async () => {
    const wanted = payment();
    await timedAs('hold', hold(test, wanted));
    await timedAs('post', post(test, wanted));
  });
  show('hold and post, 64 callers', both);
  const [holds, posts] = [spread(took.hold), spread(took.post)];
  for (const [name, { p50, p99 }] of Object.entries({ hold: holds, post: posts }))
    line(`  ${name} alone`, `p50 ${round(p50)} ms, p99 ${round(p99)} ms`);
  return { both, holds, posts };
};

/** Units are what the table server says: only the native engine says of a transaction what AWS does. */
const priceOf = async (test: TestLedger, raw: TestLedger) => {
  const counts = noCounts();
  countDynamo(test.options.client, counts);
  const costOf = async (
    label: string,
    work: (payments: readonly Payment[]) => Promise<unknown>,
  ) => {
    Object.assign(counts, noCounts());
    await work(Array.from({ length: GROUP }, payment));
    const [units, reads] = [counts.units / GROUP, counts.readUnits / GROUP];
    const usd = round(units * USD_PER_MILLION.write + reads * USD_PER_MILLION.read, 2);
    const requests = round(counts.dynamo / GROUP, 2);
    line(
      label,
      `${round(units, 2)} write, ${round(reads, 2)} read units, ${requests} requests, US$ ${usd} a million`,
    );
    return { units, reads, requests, usd };
  };
  const beside = await costOf(`raw, of ${GROUP} in a transaction`, () => rawGroup(raw, GROUP));
  const transfer = await costOf(`a transfer, of ${GROUP} at once`, (payments) =>
    Promise.all(payments.map((each) => test.ledger.transfer(each))),
  );
  const settlement = await costOf(
    `a hold and its posting, of ${GROUP} at once`,
    async (payments) => {
      await Promise.all(payments.map((each) => hold(test, each)));
      await Promise.all(payments.map((each) => post(test, each)));
    },
  );
  return { raw: beside, transfer, settlement };
};

const openAll = async (endpoint: string, lanes: number): Promise<TestLedger> => {
  const test = await startLedger(endpoint, lanes);
  await test.open(Object.fromEntries(names.map((name) => [name, 10n ** 9n])));
  return test;
};

/** Each kind of load by turns, so that what else the machine does meets all of them. */
const benchGroups = async (test: TestLedger, wide: TestLedger, raw: TestLedger) => {
  const loads = {
    [`raw, ${GROUP} in a transaction, 1 in flight`]: () =>
      rate(1, GROUP, () => rawGroup(raw, GROUP)),
    [`raw, ${GROUP} in a transaction, 2 in flight`]: () =>
      rate(2, GROUP, () => rawGroup(raw, GROUP)),
    'transfers, 96 callers, grouped': () => rate(96, 1, () => test.ledger.transfer(payment())),
    [`transfers, ${LANES * 96} callers, ${LANES} lanes`]: () =>
      rate(LANES * 96, 1, () => wide.ledger.transfer(payment())),
  };
  await rate(4, 1, () => rawGroup(raw, GROUP));
  const rounds: Rate[][] = [];
  for (let index = 0; index < ROUNDS; index += 1) {
    const rates: Rate[] = [];
    for (const load of Object.values(loads)) rates.push(await load());
    rounds.push(rates);
  }
  const medians = Object.keys(loads).map((_, load) =>
    medianOf(rounds.flatMap((rates) => rates[load] ?? [])),
  );
  for (const [load, label] of Object.keys(loads).entries()) {
    const median = medians[load];
    if (median) show(label, median);
  }
  const [raw1 = 1, raw2 = 1, grouped = 0, lanes = 0] = medians.map(({ perSecond }) => perSecond);
  const share = (of: number, whole: number): number => round((100 * of) / whole, 0);
  const shares = {
    one: share(grouped, raw1),
    ofTwo: share(grouped, raw2),
    wide: share(lanes, raw2),
  };
  line(
    'one lane, of raw with as many in flight',
    `${shares.one} % (of raw with 2: ${shares.ofTwo} %)`,
  );
  line(`${LANES} lanes, of raw with 2 in flight`, `${shares.wide} %`);
  return { rounds, medians, shares };
};

export const benchLedger = async () => {
  title('The ledger, one lane, 40 accounts, beside raw transactions of the same items');
  const server = await startTableServer();
  try {
    const test = await openAll(server.endpoint, 1);
    const wide = await openAll(server.endpoint, LANES);
    // In a table of their own: the ledger's own holds nothing that the ledger did not write.
    const { table } = await createLedgerTable(server.endpoint);
    const raw = { ...test, options: { ...test.options, table } };
    const groups = await benchGroups(test, wide, raw);
    const rawSingle = await rate(1, 1, () => rawGroup(raw, 1));
    show('raw, one in a transaction, 1 caller', rawSingle);
    const single = await rate(1, 1, () => test.ledger.transfer(payment()));
    show('transfers, 1 caller', single);
    const holds = await benchHolds(test);
    const speeds = await audit(test);
    const lag = await lagOf(test);
    const prices = server.engine === 'native' ? await priceOf(test, raw) : undefined;
    if (!prices)
      line('units', 'left out: DynamoDB Local tells far fewer of a transaction than AWS');
    return { groups, rawSingle, single, holds, speeds, lag, prices };
  } finally {
    await server.stop();
  }
};
