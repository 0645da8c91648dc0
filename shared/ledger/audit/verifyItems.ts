/**
 * Reads every item of the table, and compares them with the journal once it was walked. Lanes were
 * marked before: items up to the marks must all be there, later ones must be in the journal.
 */
import { LIMITS } from '#shared/kernel/limits.ts';
import { entriesOf } from '../core/blocks.ts';
import { nameOf, placeOf } from '../core/book.ts';
import { type Hold, postedOf } from '../core/types.ts';
import type { Cursor, LedgerReader, StoredBalance, StoredItem, StoredRecord } from '../ports.ts';
import { isCheckpoint, snapshotsIn } from '../read/projectEntries.ts';
import { balanceName, itemName } from './itemNames.ts';
import type { Problem } from './replay.ts';
import { checkAccount, type Seen } from './verifyAccounts.ts';
import { bad } from './verifyBlock.ts';
import { type Found, type Lane, placeKey } from './verifyJournal.ts';
import type { Mark } from './verifyMarks.ts';

/** What the items of a table are, before they are compared with the journal. */
export interface Scanned {
  readonly accounts: ReadonlyMap<string, Seen>;
  readonly lanes: readonly Found[];
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
interface FoundSoFar extends Found {
  readonly balances: Map<string, StoredBalance>;
  readonly checkpoints: Map<number, Cursor>;
}

interface Tally extends Scanned {
  readonly accounts: Map<string, Seen>;
  readonly lanes: readonly FoundSoFar[];
  readonly pending: Hold[];
  /** How many entries have been written out, by place; in the same way snapshots. */
  readonly entries: Map<string, number>;
  readonly snapshots: Map<string, number>;
  /** By lane, what has the latest block of all that was written out. */
  readonly latest: Map<number, Projected>;
  /** Records of transfers up to the marks. */
  records: number;
}

const STRAY = 'is in no block of the journal';

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

/** Counts up to the cursor only: a writer may have stopped before it could move the cursor. */
const count = (
  item: Projected,
  place: string,
  marks: readonly Mark[],
  counts: Map<string, number>,
): void => {
  if (item.block <= (marks[item.lane]?.cursor.seq ?? 0))
    counts.set(place, (counts.get(place) ?? 0) + 1);
};

const noteLatest = (item: Projected, { latest }: Tally): void => {
  if (item.block > (latest.get(item.lane)?.block ?? 0)) latest.set(item.lane, item);
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
      tally.lanes[lane]?.balances.set(placeOf(key, lane), item.balance);
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
      noteLatest({ lane, block, name }, tally);
      return void count({ lane, block, name }, placeOf(key, lane), marks, counts);
    }
    case 'checkpoint': {
      const { lane, seq: block } = item.cursor;
      noteLatest({ lane, block, name }, tally);
      tally.lanes[lane]?.checkpoints.set(block, item.cursor);
      return isCheckpoint(item.cursor) ? undefined : bad(name, 'is of a block that has none');
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

const checkCounts = (lane: Lane, tally: Tally): Problem | undefined => {
  const { from, entryCounts } = lane;
  for (const [name, expected] of entryCounts) {
    const [entries, snapshots] = [tally.entries.get(name) ?? 0, tally.snapshots.get(name) ?? 0];
    if (entries !== expected)
      return bad(`entries of ${name}`, `there are ${entries}, the journal gives ${expected}`);
    if (snapshots !== snapshotsIn(expected))
      return bad(`snapshots of ${name}`, `there are ${snapshots} for ${expected} entries`);
  }
  const { lane: number, seq } = from.cursor;
  const stored = [...(tally.lanes[number]?.checkpoints.keys() ?? [])].filter((at) => at <= seq);
  const due = Math.floor(seq / LIMITS.ledgerCheckpointBlocks);
  return stored.length === due
    ? undefined
    : bad(`checkpoints of lane ${number}`, `there are ${stored.length} instead of ${due}`);
};

/** Names what was written out and follows from no block. */
const findUnfounded = (lanes: readonly Lane[], tally: Tally): Problem | undefined => {
  for (const [what, counts] of [
    ['entries', tally.entries],
    ['snapshots', tally.snapshots],
  ] as const)
    for (const [name, found] of counts)
      if (!lanes.some(({ entryCounts }) => entryCounts.has(name)))
        return bad(`${what} of ${name}`, `there are ${found}, the journal gives none`);
  for (const { lane, block, name } of tally.latest.values())
    if (block > (lanes[lane]?.to.head.seq ?? 0))
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

/** Names a record that no block has. Reads much: called only when there are too many records. */
const findStray = async (reader: LedgerReader): Promise<Problem> => {
  for await (const items of reader.items())
    for (const item of items)
      if (item.kind === 'record' && !(await isJournaled(item.record, reader)))
        return bad(itemName(item), STRAY);
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
  const problem = findUnfounded(lanes, tally) ?? findLost(lanes, tally);
  if (problem) return problem;
  const [stray] = tally.lanes.flatMap(({ later }) => [...later.values()]);
  if (stray !== undefined) return bad(`transfer ${stray}`, STRAY);
  const before = lanes.reduce((sum, { transfersBefore }) => sum + transfersBefore, 0);
  return tally.records > before ? findStray(reader) : undefined;
};
