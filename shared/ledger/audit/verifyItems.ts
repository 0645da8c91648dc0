/** Reads every item of the table, and sorts the items for a comparison with the journal. */
import type { Head } from '../core/blocks.ts';
import { nameOf, placeOf } from '../core/book.ts';
import { type Hold, postedOf } from '../core/types.ts';
import type {
  AccountSnapshot,
  Cursor,
  LedgerReader,
  StatementEntry,
  StoredBalance,
  StoredItem,
  StoredRecord,
} from '../ports.ts';
import { isCheckpoint } from '../read/projectEntries.ts';
import { balanceName, itemName } from './itemNames.ts';
import type { Problem } from './replay.ts';
import type { Seen } from './verifyAccounts.ts';
import { bad } from './verifyBlock.ts';
import { type LaneItems, placeKey } from './verifyJournal.ts';
import type { Mark } from './verifyMarks.ts';

/** What the items of a table are, before they are compared with the journal. */
export interface Scanned {
  readonly accounts: ReadonlyMap<string, Seen>;
  readonly lanes: readonly LaneItems[];
  readonly pending: readonly Hold[];
  /** The first item that is wrong by itself. */
  readonly problem?: Problem;
}

/** An item that was written out of a block. */
interface Projected {
  readonly lane: number;
  readonly block: number;
  readonly name: string;
}

/** What was found of a lane, while the scan goes on. */
interface LaneItemsSoFar extends LaneItems {
  readonly balances: Map<string, StoredBalance>;
  readonly checkpoints: Map<number, Cursor>;
}

/** {@link Scanned}, while the scan goes on, and what it has counted. */
export interface Tally extends Scanned {
  readonly accounts: Map<string, Seen>;
  readonly lanes: readonly LaneItemsSoFar[];
  readonly pending: Hold[];
  /** How many entries have been written out, by place; in the same way snapshots. */
  readonly entries: Map<string, number>;
  readonly snapshots: Map<string, number>;
  /** By lane, what has the latest block of all that was written out. */
  readonly latest: Map<number, Projected>;
  /** Records of transfers up to the marks. */
  records: number;
}

/** What is wrong with such a record. */
export const STRAY = 'is in no block of the journal';

const checkLane = (
  { lane }: Pick<Head, 'lane'>,
  name: string,
  marks: readonly Mark[],
): Problem | undefined => (marks[lane] ? undefined : bad(name, 'is of no lane of the ledger'));

const checkBalance = ({ key, lane, position, available }: StoredBalance): Problem | undefined => {
  const where = balanceName({ key, lane });
  const free = postedOf(position) - position.held;
  return available === free ? undefined : bad(where, `${available} available instead of ${free}`);
};

const checkRecord = (
  record: StoredRecord,
  marks: readonly Mark[],
  tally: Tally,
): Problem | undefined => {
  if (!('hold' in record)) {
    const { lane, seq, index } = record.place;
    const later = tally.lanes[lane]?.later;
    if (!later || Number.isNaN(seq)) return bad(`transfer ${record.id}`, STRAY);
    if (seq <= (marks[lane]?.head.seq ?? 0)) tally.records += 1;
    else if (later.has(placeKey(seq, index))) return bad(`transfer ${record.id}`, STRAY);
    else later.set(placeKey(seq, index), record.id);
    return undefined;
  }
  const { id, state, left } = record.hold;
  if (state === 'pending') tally.pending.push(record.hold);
  else if (left !== 0n) return bad(`hold ${id}`, `is ${state} and has ${left} left`);
  return undefined;
};

const noteLatest = (item: Projected, { latest }: Tally): void => {
  if (item.block > (latest.get(item.lane)?.block ?? 0)) latest.set(item.lane, item);
};

/** Counts up to the cursor only: a writer may have stopped before it could move the cursor. */
const count = (
  { key, lane, block }: StatementEntry | AccountSnapshot,
  name: string,
  marks: readonly Mark[],
  counts: Map<string, number>,
  tally: Tally,
): void => {
  noteLatest({ lane, block, name }, tally);
  const place = placeOf(key, lane);
  if (block <= (marks[lane]?.cursor.seq ?? 0)) counts.set(place, (counts.get(place) ?? 0) + 1);
};

const seenOf = (key: Seen['key'], { accounts }: Tally): Seen => {
  const seen = accounts.get(nameOf(key)) ?? { key, balances: new Map() };
  accounts.set(nameOf(key), seen);
  return seen;
};

const noteCheckpoint = (cursor: Cursor, name: string, tally: Tally): Problem | undefined => {
  const { lane, seq: block } = cursor;
  noteLatest({ lane, block, name }, tally);
  tally.lanes[lane]?.checkpoints.set(block, cursor);
  return isCheckpoint(cursor) ? undefined : bad(name, 'is of a block that has none');
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
      tally.lanes[lane]?.balances.set(placeOf(key, lane), item.balance);
      return checkLane(item.balance, name, marks) ?? checkBalance(item.balance);
    }
    case 'account':
      seenOf(item.account, tally).account = item.account;
      return undefined;
    case 'record':
      return checkRecord(item.record, marks, tally);
    case 'block':
      noteLatest({ lane: item.head.lane, block: item.head.seq, name }, tally);
      return checkLane(item.head, name, marks);
    case 'head':
      return checkLane(item.head, name, marks);
    case 'entry':
      return void count(item.entry, name, marks, tally.entries, tally);
    case 'snapshot':
      return void count(item.snapshot, name, marks, tally.snapshots, tally);
    case 'checkpoint':
      return noteCheckpoint(item.cursor, name, tally);
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
    lanes: marks.map(() => ({ balances: new Map(), checkpoints: new Map(), later: new Map() })),
    pending: [],
    entries: new Map(),
    snapshots: new Map(),
    latest: new Map(),
    records: 0,
  };
  for await (const items of reader.items())
    for (const item of items) {
      const problem = checkItem(item, marks, tally);
      if (problem) return { ...tally, problem };
    }
  return tally;
};
