/**
 * What the Ledger table and its exports hold. `ledger.jsonl` has been written once: journals are kept
 * for ever, so its lines are never changed. A new shape, or a new form of an old shape, gets a line of
 * its own (the failing test prints the line); the line of an old form stays, with `reads` for it.
 */
import { describe } from 'vitest';
import { exportLedger, readExport } from '#shared/ledger/audit/export.ts';
import { newReplay, replayBlock } from '#shared/ledger/audit/replay.ts';
import { type CopySource, replicaJson, replicaOf } from '#shared/ledger/audit/replica.ts';
import { type Block, entriesOf, genesis, hashOf, seal } from '#shared/ledger/core/blocks.ts';
import { derivedId } from '#shared/ledger/core/compareRequests.ts';
import type { Executed } from '#shared/ledger/core/execute.ts';
import type { Account, Hold, Position, Transfer } from '#shared/ledger/core/types.ts';
import { createAccountStore } from '#shared/ledger/dynamo/accountStore.ts';
import { createEntryStore } from '#shared/ledger/dynamo/entryStore.ts';
import { createHistoryStore } from '#shared/ledger/dynamo/historyStore.ts';
import { createHoldStore } from '#shared/ledger/dynamo/holdStore.ts';
import { createLaneStore } from '#shared/ledger/dynamo/laneStore.ts';
import { type LedgerOptions, laneName, ledgerClient } from '#shared/ledger/dynamo/ledgerItems.ts';
import { createLedgerReader } from '#shared/ledger/dynamo/ledgerReader.ts';
import { createRepairStore } from '#shared/ledger/dynamo/repairStore.ts';
import { lanesRung } from '#shared/ledger/dynamo/rungLanes.ts';
import type { BalanceChange, Commit, Cursor, StoredRecord } from '#shared/ledger/ports.ts';
import { catchUp } from '#shared/ledger/read/projectEntries.ts';
import { partIdOf } from '#shared/ledger/write/disburse.ts';
import { createLedger } from '#shared/ledger/write/ledger.ts';
import { golden } from '../support/golden.ts';
import { type PaperTable, paperTable, type WireItem } from '../support/paperTable.ts';

const { writes, reads, keeps, isWhole } = golden('ledger');

const T = 1_790_000_000_000;
const LANE = 3;
/** Beyond what a number holds exactly. */
const MUCH = 900_719_925_474_099_267n;

const optionsOf = ({ dynamo, table }: PaperTable): LedgerOptions => ({
  client: ledgerClient(dynamo),
  table,
});

/** What is in the table after `work`. */
const kept = async (
  work: (options: LedgerOptions) => Promise<unknown>,
  ...before: readonly WireItem[]
): Promise<readonly WireItem[]> => {
  const table = paperTable(...before);
  await work(optionsOf(table));
  return table.items();
};

/** Each item as what it is; `odd` names a field that the present code would write in another way. */
const read = async (stored: readonly WireItem[]): Promise<readonly unknown[]> => {
  const found: unknown[] = [];
  const reader = createLedgerReader(optionsOf(paperTable(...stored)));
  for await (const some of reader.items()) found.push(...some);
  return found;
};

const ALICE = { unit: 'CRD', account: 'alice' } as const;
const HASH_SIGN = { unit: 'CRD', account: 'team#1' } as const;
const account: Account = {
  ...ALICE,
  lane: LANE,
  guarded: true,
  closed: false,
  createdAt: T,
};
const described: Account = {
  ...HASH_SIGN,
  lane: 11,
  guarded: false,
  closed: false,
  createdAt: T,
  metadata: { name: 'Größe ✓', by: 'ann' },
};
const accountRead = (of: Account) => ({
  kind: 'account',
  account: of,
  id: `A#CRD#${of.account} META`,
});
const balanceRead = (
  name: string,
  [debits, credits, held]: readonly [bigint, bigint, bigint],
  seq: number,
  more: { lane?: number; available?: bigint; closed?: boolean } = {},
) => {
  const { lane = LANE, available = credits - debits - held, closed = false } = more;
  const position: Position = { debits, credits, held, seq };
  const balance = { key: { unit: 'CRD', account: name }, lane, position, available, closed };
  return { kind: 'balance', balance, id: `A#CRD#${name}#${laneName(lane)} BAL` };
};

describe('accounts', () => {
  keeps('account', () => kept((options) => createAccountStore(options, 2).open(account)), read, [
    accountRead(account),
  ]);
  keeps(
    'account that may owe, with metadata',
    () => kept((options) => createAccountStore(options, 2).open(described)),
    read,
    [accountRead(described)],
  );
  keeps(
    'account that is closed in both lanes',
    () =>
      kept(async (options) => {
        const store = createAccountStore(options, 2);
        await store.open(account);
        await store.setClosed(ALICE, true);
      }),
    read,
    [
      accountRead({ ...account, closed: true }),
      balanceRead('alice', [0n, 0n, 0n], 0, { lane: 0, closed: true }),
      balanceRead('alice', [0n, 0n, 0n], 0, { lane: 1, closed: true }),
    ],
  );
  writes('homes of accounts in 16 lanes', async () => {
    const table = paperTable();
    const options = optionsOf(table);
    const ledger = createLedger({
      store: createLaneStore(options),
      holds: createHoldStore(options),
      accounts: createAccountStore(options, 16),
      lanes: 16,
      patienceMs: 1,
      clock: { now: () => T },
      random: { next: () => 0 },
      wait: () => Promise.resolve(),
      logger: console,
    });
    for (const name of ['alice', 'bob', 'team#1', 'Größe', 'sheratan:worker', 'host:berlin-1'])
      await ledger.openAccount({ unit: 'CRD', account: name });
    return table.items().map(({ i, home }) => [i?.S, home?.N]);
  });
});

const hold: Hold = {
  id: 'h-1',
  unit: 'CRD',
  from: 'alice',
  amount: 100n,
  left: 100n,
  expiresAt: T + 60_000,
  lane: LANE,
  state: 'pending',
};
const part: Hold = {
  ...hold,
  id: 'h-1:1:hold',
  amount: 30n,
  left: 30n,
  parent: 'h-1',
  metadata: { for: 'a child' },
};
const recordRead = (record: StoredRecord) => ({
  kind: 'record',
  record,
  id: `T#${record.id} T`,
});
const holdRead = (of: Hold) => recordRead({ id: of.id, hold: of });
const place = (options: LedgerOptions, ...holds: readonly Hold[]) =>
  createHoldStore(options).place(holds, { guarded: true, now: T });
const held = () => kept((options) => place(options, hold));

describe('holds', () => {
  keeps('hold and the balance that it lowers', held, read, [
    holdRead(hold),
    balanceRead('alice', [0n, 0n, 100n], 0),
  ]);
  keeps(
    'hold out of another hold',
    async () => kept((options) => place(options, part), ...(await held())),
    read,
    [holdRead({ ...hold, left: 70n }), balanceRead('alice', [0n, 0n, 100n], 0), holdRead(part)],
  );
  for (const state of ['released', 'expired'] as const)
    keeps(
      `hold that is ${state}`,
      async () => kept((options) => createHoldStore(options).end(hold, state), ...(await held())),
      read,
      [holdRead({ ...hold, left: 0n, state }), balanceRead('alice', [0n, 0n, 0n], 0)],
    );
});

const executed = (transfer: Transfer, more: Pick<Executed, 'legs' | 'draw'>): Executed => ({
  code: 'created',
  id: transfer.id,
  lane: LANE,
  transfer,
  ...more,
});
const leg = (name: string, change: bigint, seq: number, balance: bigint, guarded = true) => ({
  account: name,
  change,
  seq,
  balance,
  guarded,
});

const paid: Transfer = {
  id: 't-1',
  unit: 'CRD',
  metadata: { for: 'Größe ✓' },
  moves: [
    { from: 'sheratan:mint', to: 'alice', amount: MUCH },
    { from: 'sheratan:mint', to: 'team#1', amount: 5n },
  ],
};
const drawn: Transfer = {
  id: 'job:j-1:1790000000000:0',
  unit: 'CRD',
  hold: { id: 'h-1', final: true },
  moves: [{ from: 'alice', to: 'sheratan:worker', amount: 70n }],
};
const drawnInPart: Transfer = {
  id: 't-3',
  unit: 'CRD',
  hold: { id: 'h-1', final: false },
  moves: [{ from: 'alice', to: 'team#1', amount: 20n }],
};
const takenBack: Transfer = {
  id: 't-1:reverse:1',
  unit: 'CRD',
  reverses: 't-1',
  lane: LANE,
  moves: [{ from: 'team#1', to: 'sheratan:mint', amount: 5n }],
};

const FIRST = [
  executed(paid, {
    legs: [
      leg('sheratan:mint', -MUCH - 5n, 1, -MUCH - 5n, false),
      ...[leg('alice', MUCH, 1, MUCH), leg('team#1', 5n, 1, 5n, false)],
    ],
  }),
];
const SECOND = [
  executed(drawnInPart, {
    legs: [leg('alice', -20n, 2, MUCH - 20n), leg('team#1', 20n, 2, 25n, false)],
    draw: { id: 'h-1', drawn: 20n, returned: 0n, closes: false },
  }),
  executed(drawn, {
    legs: [leg('alice', -70n, 3, MUCH - 90n), leg('sheratan:worker', 70n, 1, 70n)],
    draw: { id: 'h-1', drawn: 70n, returned: 10n, closes: true },
  }),
  executed(takenBack, {
    legs: [leg('team#1', -5n, 3, 20n, false), leg('sheratan:mint', 5n, 2, -MUCH, false)],
  }),
];
const blocks = (): readonly [Block, Block] => {
  const first = seal(genesis(LANE), FIRST, T);
  return [first, seal(first, SECOND, T + 1_000)];
};

describe('the journal', () => {
  const summary = (block: Block) => ({
    lines: entriesOf(block).map(({ transfer, legs, draw }) => ({
      transfer,
      legs,
      ...(draw && { draw }),
    })),
    isWhole: hashOf(block) === block.hash,
  });
  const told = (done: readonly Executed[]) =>
    done.map(({ transfer, legs, draw }) => ({ transfer, legs, ...(draw && { draw }) }));
  keeps('first block', () => blocks()[0], summary, { lines: told(FIRST), isWhole: true });
  keeps('block after it', () => blocks()[1], summary, { lines: told(SECOND), isWhole: true });
});

const change = (
  name: string,
  after: Position,
  more: Partial<BalanceChange> = {},
): BalanceChange => ({
  key: { unit: 'CRD', account: name },
  lane: LANE,
  after,
  held: 0n,
  need: 0n,
  available: after.credits - after.debits,
  mayBeClosed: false,
  ...more,
});
const at = (debits: bigint, credits: bigint, seq: number): Position => ({
  debits,
  credits,
  held: 0n,
  seq,
});
const firstCommit = (): Commit => ({
  heads: [genesis(LANE)],
  blocks: [blocks()[0]],
  done: FIRST,
  now: T,
  changes: [
    change('sheratan:mint', at(MUCH + 5n, 0n, 1)),
    change('alice', at(0n, MUCH, 1)),
    change('team#1', at(0n, 5n, 1)),
  ],
});
const secondCommit = (): Commit => ({
  heads: [blocks()[0]],
  blocks: [blocks()[1]],
  done: SECOND,
  now: T + 1_000,
  changes: [
    change('alice', at(90n, MUCH, 3), { available: 10n, held: -100n }),
    change('team#1', at(5n, 25n, 3), { available: 15n, need: 5n }),
    change('sheratan:worker', at(0n, 70n, 1)),
    change('sheratan:mint', at(MUCH + 5n, 5n, 2), { available: 5n, mayBeClosed: true }),
  ],
});

const transferRead = (transfer: Transfer, seq: number, index: number) =>
  recordRead({ id: transfer.id, transfer, place: { lane: LANE, seq, index } });
const rung = (stored: readonly WireItem[]) =>
  lanesRung({ Records: stored.map(({ pk, sk }) => ({ dynamodb: { Keys: { pk, sk } as never } })) });
const headRead = ({ lane, seq, hash, at: time }: Block) => ({
  kind: 'head',
  head: { lane, seq, hash, at: time },
  id: `L#${laneName(lane)} HEAD`,
});
const blockRead = (block: Block) => ({
  kind: 'block',
  head: block,
  id: `L#${laneName(block.lane)} B#${String(block.seq).padStart(12, '0')}`,
});

describe('commits', () => {
  const [one, two] = blocks();
  const first = () => kept((options) => createLaneStore(options).commit(firstCommit()));
  keeps('first commit of a lane', first, read, [
    transferRead(paid, 1, 0),
    balanceRead('sheratan:mint', [MUCH + 5n, 0n, 0n], 1),
    balanceRead('alice', [0n, MUCH, 0n], 1),
    balanceRead('team#1', [0n, 5n, 0n], 1),
    ...[blockRead(one), headRead(one)],
  ]);
  reads('first commit of a lane', rung, [LANE]);
  keeps(
    'commit that draws on a hold and takes a transfer back',
    async () =>
      kept(
        async (options) => {
          await place(options, hold);
          await createLaneStore(options).commit(secondCommit());
        },
        ...(await first()),
      ),
    read,
    [
      transferRead(paid, 1, 0),
      balanceRead('sheratan:mint', [MUCH + 5n, 5n, 0n], 2),
      balanceRead('alice', [90n, MUCH, 0n], 3),
      balanceRead('team#1', [5n, 25n, 0n], 3),
      ...[blockRead(one), headRead(two)],
      holdRead({ ...hold, left: 0n, state: 'posted' }),
      ...[
        transferRead(drawnInPart, 2, 0),
        transferRead(drawn, 2, 1),
        transferRead(takenBack, 2, 2),
      ],
      balanceRead('sheratan:worker', [0n, 70n, 0n], 1),
      blockRead(two),
    ],
  );
  keeps(
    'what a repair writes',
    () =>
      kept((options) =>
        createRepairStore(options).restore({
          heads: [two],
          transfers: [{ transfer: paid, place: { lane: LANE, seq: 1, index: 0 } }],
          balances: [
            {
              key: ALICE,
              lane: LANE,
              available: MUCH - 100n,
              position: { debits: 90n, credits: MUCH, held: 10n, seq: 3 },
            },
          ],
        }),
      ),
    read,
    [...[transferRead(paid, 1, 0), headRead(two)], balanceRead('alice', [90n, MUCH, 10n], 3)],
  );
});

const cursorRead = (cursor: Cursor) => ({ kind: 'cursor', cursor, id: 'C#003 CUR' });
const DIGEST = 0x0123_4567_89abcdefn;

describe('what is written out of the journal', () => {
  writes('entries and cursor of two blocks', async () => {
    const [one, two] = blocks();
    const table = paperTable();
    const options = optionsOf(table);
    const reader = {
      blocks: async function* () {
        yield [one, two];
      },
    };
    const entries = createEntryStore(options);
    await catchUp(LANE, { reader, entries, store: createLaneStore(options) });
    return table.items();
  });
  const [, block] = blocks();
  const entryRead = (
    name: string,
    seq: number,
    [transfer, d]: [string, bigint],
    balance: bigint,
  ) => ({
    kind: 'entry',
    entry: {
      key: { unit: 'CRD', account: name },
      lane: LANE,
      at: seq === 1 ? T : block.at,
      seq,
      transfer,
      change: d,
      balance,
      block: seq === 1 ? 1 : 2,
    },
    id: `A#CRD#${name}#003 E#${String(seq === 1 ? T : block.at).padStart(16, '0')}#${String(seq).padStart(12, '0')}`,
  });
  reads(
    'entries and cursor of two blocks',
    async (stored: readonly WireItem[]) =>
      (await read(stored)).filter((item) => JSON.stringify(item, textOf).includes('"alice"')),
    [
      entryRead('alice', 1, ['t-1', MUCH], MUCH),
      entryRead('alice', 2, ['t-3', -20n], MUCH - 20n),
      entryRead('alice', 3, ['job:j-1:1790000000000:0', -70n], MUCH - 90n),
    ],
  );
  const snapshot = {
    key: HASH_SIGN,
    lane: LANE,
    at: T,
    seq: 100,
    balance: -MUCH,
    block: 7,
    hash: 'ab'.repeat(32),
  };
  const checkpoint = { lane: LANE, seq: 1_000, hash: 'cd'.repeat(32), digest: DIGEST };
  const sort = `${String(T).padStart(16, '0')}#000000000100`;
  keeps(
    'snapshot and checkpoint',
    () =>
      kept((options) =>
        createEntryStore(options).write({
          entries: [],
          snapshots: [snapshot],
          checkpoints: [checkpoint],
        }),
      ),
    read,
    [
      { kind: 'snapshot', snapshot, id: `A#CRD#team#1#003 S#${sort}` },
      { kind: 'checkpoint', cursor: checkpoint, id: 'C#003 K#000000001000' },
    ],
  );
  const cursor: Cursor = { lane: LANE, seq: 2, hash: block.hash, digest: 2n ** 256n - 1n };
  keeps(
    'cursor',
    () =>
      kept((options) =>
        createEntryStore(options).advance({ ...cursor, seq: 0, hash: 'GENESIS' }, cursor),
      ),
    read,
    [cursorRead(cursor)],
  );
  const line = { key: HASH_SIGN, line: 12, raw: '{"event":"transfer","amount":1.10}' };
  keeps(
    'line of an imported journal',
    () => kept((options) => createHistoryStore(options).write([line])),
    (stored: readonly WireItem[]) =>
      createHistoryStore(optionsOf(paperTable(...stored))).read(HASH_SIGN, 1),
    [line.raw],
  );
});

const textOf = (_key: string, value: unknown): unknown =>
  typeof value === 'bigint' ? String(value) : value;

const allOf = async <T>(some: AsyncIterable<T>): Promise<readonly T[]> => {
  const all: T[] = [];
  for await (const each of some) all.push(each);
  return all;
};

async function* pageOf<T>(...page: readonly T[]): AsyncGenerator<readonly T[]> {
  yield page;
}

describe('copies of a ledger', () => {
  const source: CopySource = {
    blocks: (lane) => pageOf(...(lane === LANE ? blocks() : [])),
    head: () => Promise.resolve(blocks()[1]),
    accounts: () => pageOf(account, described),
  };
  const contentOf = async (text: string) => {
    const { lanes, source: copy } = await readExport(async function* () {
      yield* text.trimEnd().split('\n');
    });
    const [journal, names] = [copy.blocks(LANE, 0), copy.accounts()];
    return { lanes, blocks: await allOf(journal), names: await allOf(names) };
  };
  keeps('export', async () => (await allOf(exportLedger(source, LANE + 1))).join(''), contentOf, {
    lanes: LANE + 1,
    blocks: [blocks()],
    names: [[account, described]],
  });
  const replayed = () => {
    let replay = newReplay(LANE);
    for (const block of blocks()) {
      const next = replayBlock(replay, block);
      if ('what' in next) throw new Error(`${next.where} ${next.what}`);
      replay = next;
    }
    return replay;
  };
  keeps(
    'replica',
    () => replicaJson([replayed()]),
    (text: string) => replicaJson(replicaOf(text)),
    replicaJson([replayed()]),
  );
});

describe('names that follow from others', () => {
  const long = 'x'.repeat(256);
  writes('ids', () => ({
    lanes: [0, 7, 63].map(laneName),
    reverse: derivedId('t-1', 'reverse'),
    'reverse of a long id': derivedId(long, 'reverse'),
    'part of a disbursement': partIdOf('t-1', 12),
    'part of one with a long id': partIdOf(long, 1),
  }));
});

describe('ledger.jsonl', () => isWhole());
