/** The ledger on DynamoDB Local, beside raw transactions of the same shape on the same server. */
import { GetCommand, TransactWriteCommand } from '@aws-sdk/lib-dynamodb';
import { startTableServer } from '#infra/local/dynamoLocal.ts';
import { balanceKey } from '#shared/ledger/dynamo/codec.ts';
import { createEntryStore } from '#shared/ledger/dynamo/entries.ts';
import { createLedgerReader } from '#shared/ledger/dynamo/reader.ts';
import { follow, newReplica } from '#shared/ledger/replica.ts';
import { sweepLanes } from '#shared/ledger/snapshot.ts';
import { auditOf, startLedger, type TestLedger, UNIT } from '../support/ledger.ts';
import { line, round, spread, title } from './stats.ts';

const ACCOUNTS = 40;
const GROUP = 32;
const MS = 3_000;
const ROUNDS = 5;
/** On demand, us-east-1. */
const WRU_USD = 0.625e-6;
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

/** Records and balances of as many transfers, without journal, chain or fence. */
const rawGroup = ({ options: { client, table } }: TestLedger, size: number) => {
  const payments = Array.from({ length: size }, payment);
  const touched = new Set(payments.flatMap(({ from, to }) => [from, to]));
  return client.send(
    new TransactWriteCommand({
      TransactItems: [
        ...payments.map(({ id, ...rest }) => ({
          Put: {
            TableName: table,
            Item: { pk: `R#${id}`, sk: 'R', m: JSON.stringify({ ...rest, amount: '1' }) },
            ConditionExpression: 'attribute_not_exists(pk)',
          },
        })),
        ...[...touched].map((name) => ({
          Update: {
            TableName: table,
            Key: { pk: `R#${name}`, sk: 'RAW' },
            UpdateExpression: 'SET av = if_not_exists(av, :zero) + :one',
            ExpressionAttributeValues: { ':zero': 0, ':one': 1 },
          },
        })),
      ],
    }),
  );
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

const exact = (_key: string, value: unknown): unknown =>
  typeof value === 'bigint' ? String(value) : value;

const sizeOf = async ({ options: { client, table } }: TestLedger): Promise<number> => {
  const Key = balanceKey({ unit: UNIT, account: names[0] ?? '' }, 0);
  const { Item } = await client.send(new GetCommand({ TableName: table, Key }));
  return JSON.stringify(Item, exact).length;
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

/** Items of the transactions that carry 32 transfers, and their units on AWS: two a kilobyte begun. */
const priceOf = async (test: TestLedger) => {
  const counts = { requests: 0, items: 0, units: 0 };
  test.options.client.middlewareStack.add(
    (next) => (args) => {
      const { TransactItems = [] } = args.input as { TransactItems?: readonly object[] };
      counts.requests += 1;
      counts.items += TransactItems.length;
      for (const item of TransactItems)
        counts.units += 2 * Math.ceil(JSON.stringify(item, exact).length / 1_024);
      return next(args);
    },
    { step: 'initialize' },
  );
  await Promise.all(Array.from({ length: GROUP }, () => test.ledger.transfer(payment())));
  return { ...counts };
};

export const benchLedger = async () => {
  title('The ledger, one lane, 40 accounts, beside raw transactions of the same table server');
  const server = await startTableServer();
  try {
    const test = await startLedger(server.endpoint);
    await test.open(Object.fromEntries(names.map((name) => [name, 10n ** 9n])));
    await rate(4, 1, () => rawGroup(test, GROUP));
    const sizes = [await sizeOf(test)];
    const wide = await startLedger(server.endpoint, LANES);
    await wide.open(Object.fromEntries(names.map((name) => [name, 10n ** 9n])));
    const rounds = [];
    for (let index = 0; index < ROUNDS; index += 1)
      rounds.push({
        raw: await rate(2, GROUP, () => rawGroup(test, GROUP)),
        grouped: await rate(96, 1, () => test.ledger.transfer(payment())),
        wide: await rate(LANES * 96, 1, () => wide.ledger.transfer(payment())),
      });
    const [raw, grouped, lanes] = [
      medianOf(rounds.map((each) => each.raw)),
      medianOf(rounds.map((each) => each.grouped)),
      medianOf(rounds.map((each) => each.wide)),
    ];
    show(`raw, ${GROUP} in a transaction, 2 callers`, raw);
    show('transfers, 96 callers, grouped', grouped);
    show(`transfers, ${LANES * 96} callers, ${LANES} lanes`, lanes);
    const share = round((100 * grouped.perSecond) / raw.perSecond, 0);
    const wideShare = round((100 * lanes.perSecond) / raw.perSecond, 0);
    line('of the raw limit', `${share} % in one lane, ${wideShare} % in ${LANES}`);
    const rawSingle = await rate(1, 1, () => rawGroup(test, 1));
    show('raw, one in a transaction, 1 caller', rawSingle);
    const single = await rate(1, 1, () => test.ledger.transfer(payment()));
    show('transfers, 1 caller', single);
    const holds = await rate(64, 1, async () => {
      const { id, from, to } = payment();
      await test.ledger.hold({ id, unit: UNIT, from, amount: 1n, expiresAt: 4e12 });
      await test.ledger.post({ id: `${id}:p`, hold: id, to: [{ to, amount: 1n }] });
    });
    show('hold and post, 64 callers', holds);
    sizes.push(await sizeOf(test));
    line('bytes of a balance, before and after', `${sizes.join(' and ')} (as JSON)`);
    const counts = await priceOf(test);
    line(
      `${GROUP} transfers`,
      `${counts.requests} requests, ${counts.items} items, about ${counts.units} write units on AWS: US$ ${round((counts.units * WRU_USD * 1e6) / GROUP, 2)} per million`,
    );
    const speeds = await audit(test);
    return {
      rounds,
      raw,
      grouped,
      lanes,
      wideShare,
      rawSingle,
      single,
      holds,
      share,
      sizes,
      counts,
      speeds,
    };
  } finally {
    await server.stop();
  }
};
