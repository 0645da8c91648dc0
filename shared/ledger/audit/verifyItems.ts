/**
 * Reads every item of the table, and compares them with the journal once it was walked. Lanes were
 * marked before: items up to the marks must all be there, later ones must be in the journal.
 */
import { LIMITS } from '#shared/kernel/limits.ts';
import { entriesOf } from '../core/blocks.ts';
import { nameOf, placeOf } from '../core/book.ts';
import { type Hold, postedOf } from '../core/types.ts';
import type { LedgerReader, StoredBalance, StoredItem, StoredRecord } from '../ports.ts';
import { snapshotsIn } from '../read/projectEntries.ts';
import { balanceName, itemName } from './itemNames.ts';
import type { Problem } from './replay.ts';
import { checkAccount, type Seen } from './verifyAccounts.ts';
import { bad } from './verifyBlock.ts';
import type { Lane, Mark } from './verifyJournal.ts';

/** What the items of a table are, before they are compared with the journal. */
export interface Scanned {
  readonly accounts: ReadonlyMap<string, Seen>;
  /** By lane and place. */
  readonly balances: readonly ReadonlyMap<string, StoredBalance>[];
  readonly pending: readonly Hold[];
  /** The first item that is wrong by itself. */
  readonly problem?: Problem;
}

interface Written {
  readonly lane: number;
  readonly block: number;
  readonly name: string;
}

/** {@link Scanned}, while it is made. */
export interface Tally extends Scanned {
  readonly accounts: Map<string, Seen>;
  readonly balances: readonly Map<string, StoredBalance>[];
  readonly pending: Hold[];
  /** How many entries have been written out, by place; in the same way snapshots. */
  readonly entries: Map<string, number>;
  readonly snapshots: Map<string, number>;
  readonly checkpoints: Map<number, number>;
  /** By lane, what has the latest block of all that was written out. */
  readonly latest: Map<number, Written>;
  /** Transfers up to the marks, and those that are later. */
  transfers: number;
  readonly later: StoredRecord[];
  problem?: Problem;
}

const checkBalance = (
  { key, lane, position, available }: StoredBalance,
  marks: readonly Mark[],
): Problem | undefined => {
  const where = balanceName({ key, lane });
  if (!marks[lane]) return bad(where, 'is of no lane of the ledger');
  const free = postedOf(position) - position.held;
  return available === free ? undefined : bad(where, `${available} available instead of ${free}`);
};

const checkRecord = (
  record: StoredRecord,
  marks: readonly Mark[],
  tally: Tally,
): Problem | undefined => {
  if (!('hold' in record)) {
    const { lane, seq } = record.place;
    if (seq <= (marks[lane]?.head.seq ?? 0)) tally.transfers += 1;
    else tally.later.push(record);
    return undefined;
  }
  const { id, state, left } = record.hold;
  if (state === 'pending') tally.pending.push(record.hold);
  else if (left !== 0n) return bad(`hold ${id}`, `is ${state} and has ${left} left`);
  return undefined;
};

/** Counts up to the cursor only: a writer may have stopped before it could move the cursor. */
const count = <K>(
  written: Written,
  of: K,
  marks: readonly Mark[],
  counts: Map<K, number>,
  { latest }: Tally,
): void => {
  const { lane, block } = written;
  if (block <= (marks[lane]?.cursor.seq ?? 0)) counts.set(of, (counts.get(of) ?? 0) + 1);
  if (block > (latest.get(lane)?.block ?? 0)) latest.set(lane, written);
};

const seenOf = (key: Seen['key'], { accounts }: Tally): Seen => {
  const seen = accounts.get(nameOf(key)) ?? { key, balances: new Map() };
  accounts.set(nameOf(key), seen);
  return seen;
};

const checkItem = (item: StoredItem, marks: readonly Mark[], tally: Tally): Problem | undefined => {
  const name = itemName(item);
  if (item.kind === 'unknown') return bad(name, 'is nothing that the ledger writes');
  if (item.odd !== undefined)
    return bad(name, `its field "${item.odd}" does not go with the others`);
  switch (item.kind) {
    case 'balance': {
      const { key, lane } = item.balance;
      seenOf(key, tally).balances.set(lane, item.balance);
      tally.balances[lane]?.set(placeOf(key, lane), item.balance);
      return checkBalance(item.balance, marks);
    }
    case 'account':
      seenOf(item.account, tally).account = item.account;
      return undefined;
    case 'record':
      return checkRecord(item.record, marks, tally);
    case 'entry':
    case 'snapshot': {
      const { key, lane, block } = 'entry' in item ? item.entry : item.snapshot;
      const counts = item.kind === 'entry' ? tally.entries : tally.snapshots;
      return void count({ lane, block, name }, placeOf(key, lane), marks, counts, tally);
    }
    case 'checkpoint': {
      const { lane, seq: block } = item.cursor;
      return void count({ lane, block, name }, lane, marks, tally.checkpoints, tally);
    }
    case 'head':
    case 'block':
      return marks[item.head.lane] ? undefined : bad(name, 'is of no lane of the ledger');
    default:
      return undefined;
  }
};

/**
 * Reads the whole table, up to the first item that is wrong by itself.
 * @throws UnreadableItemError LEDGER_ITEM_UNREADABLE when an item of the table cannot be read
 */
export const scanItems = async (
  marks: readonly Mark[],
  reader: Pick<LedgerReader, 'items'>,
): Promise<Tally> => {
  const tally: Tally = {
    accounts: new Map(),
    balances: marks.map(() => new Map()),
    pending: [],
    entries: new Map(),
    snapshots: new Map(),
    checkpoints: new Map(),
    latest: new Map(),
    transfers: 0,
    later: [],
  };
  for await (const items of reader.items())
    for (const item of items) {
      const problem = checkItem(item, marks, tally);
      if (problem) return { ...tally, problem };
    }
  return tally;
};

const checkCounts = ({ cursor, written }: Lane, tally: Tally): Problem | undefined => {
  for (const [name, expected] of written) {
    const [entries, snapshots] = [tally.entries.get(name) ?? 0, tally.snapshots.get(name) ?? 0];
    if (entries !== expected)
      return bad(`entries of ${name}`, `there are ${entries}, the journal gives ${expected}`);
    if (snapshots !== snapshotsIn(expected))
      return bad(`snapshots of ${name}`, `there are ${snapshots} for ${expected} entries`);
  }
  const checkpoints = tally.checkpoints.get(cursor.lane) ?? 0;
  const due = Math.floor(cursor.seq / LIMITS.ledgerCheckpointBlocks);
  return checkpoints === due
    ? undefined
    : bad(`checkpoints of lane ${cursor.lane}`, `there are ${checkpoints} instead of ${due}`);
};

/** Names what was written out and follows from no block. */
const findOdd = (lanes: readonly Lane[], tally: Tally): Problem | undefined => {
  for (const [what, counts] of [
    ['entries', tally.entries],
    ['snapshots', tally.snapshots],
  ] as const)
    for (const [name, found] of counts)
      if (!lanes.some(({ written }) => written.has(name)))
        return bad(`${what} of ${name}`, `there are ${found}, the journal gives none`);
  for (const { lane, block, name } of tally.latest.values())
    if (block > (lanes[lane]?.replay.head.seq ?? 0))
      return bad(name, `is of block ${block} of lane ${lane}, which the journal does not have`);
  return undefined;
};

const isJournaled = async (
  record: StoredRecord,
  { block: read }: Pick<LedgerReader, 'block'>,
): Promise<boolean> => {
  if (!('place' in record)) return true;
  const { lane, seq, index } = record.place;
  const block = await read(lane, seq);
  return block !== undefined && entriesOf(block)[index]?.transfer.id === record.id;
};

const findStrayIn = async (
  records: readonly StoredRecord[],
  reader: LedgerReader,
): Promise<Problem | undefined> => {
  for (const record of records)
    if (!(await isJournaled(record, reader)))
      return bad(`transfer ${record.id}`, 'is in no block of the journal');
  return undefined;
};

/** Names a record that no block has. Reads much: called only when there are too many records. */
const findStray = async (reader: LedgerReader): Promise<Problem> => {
  for await (const items of reader.items()) {
    const records = items.flatMap((item) => (item.kind === 'record' ? item.record : []));
    const stray = await findStrayIn(records, reader);
    if (stray) return stray;
  }
  return bad('transfers', 'have more records than the journal');
};

/** Names a position of the journal when the table has no item of its account. */
const findLost = (lanes: readonly Lane[], { accounts }: Tally): Problem | undefined => {
  for (const { replay, known } of lanes)
    for (const { key, lane } of replay.book.positions())
      if (known.has(placeOf(key, lane)) && !accounts.has(nameOf(key)))
        return bad(balanceName({ key, lane }), 'is missing, and its account');
  return undefined;
};

/** Compares the items with the lanes that were walked after the scan. */
export const checkTally = async (
  lanes: readonly Lane[],
  tally: Tally,
  reader: LedgerReader,
): Promise<Problem | undefined> => {
  for (const seen of tally.accounts.values()) {
    const problem = checkAccount(seen, lanes);
    if (problem) return problem;
  }
  for (const lane of lanes) {
    const problem = checkCounts(lane, tally);
    if (problem) return problem;
  }
  const odd = findOdd(lanes, tally) ?? findLost(lanes, tally);
  if (odd) return odd;
  const journaled = lanes.reduce((sum, { transfers }) => sum + transfers, 0);
  if (tally.transfers > journaled) return findStray(reader);
  return findStrayIn(tally.later, reader);
};
