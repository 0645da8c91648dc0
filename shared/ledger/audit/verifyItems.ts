/** Looks at every item of the table: each must follow from the journal and the other items. */
import { LIMITS } from '#shared/kernel/limits.ts';
import { entriesOf } from '../core/blocks.ts';
import { nameOf, placeOf } from '../core/book.ts';
import { type AccountKey, type Hold, postedOf } from '../core/types.ts';
import type { LedgerReader, StoredBalance, StoredItem, StoredRecord } from '../ports.ts';
import { snapshotsIn } from '../read/projectEntries.ts';
import { balanceName, itemName } from './itemNames.ts';
import type { Problem } from './replay.ts';
import { checkAccount, type Seen } from './verifyAccounts.ts';
import { bad, type Lane } from './verifyJournal.ts';

interface Tally {
  readonly accounts: Map<string, Seen>;
  /** How many entries have been written out, by place; in the same way snapshots. */
  readonly entries: Map<string, number>;
  readonly snapshots: Map<string, number>;
  readonly checkpoints: Map<number, number>;
  transfers: number;
  pending: number;
  balances: number;
}

/** The sum of the pending holds of each balance, by place. */
const heldBy = (holds: readonly Hold[]): ReadonlyMap<string, bigint> => {
  const held = new Map<string, bigint>();
  for (const { unit, from, lane, left } of holds) {
    const name = placeOf({ unit, account: from }, lane);
    held.set(name, (held.get(name) ?? 0n) + left);
  }
  return held;
};

const checkBalance = (
  { key, lane, position, available }: StoredBalance,
  lanes: readonly Lane[],
  held: ReadonlyMap<string, bigint>,
): Problem | undefined => {
  const expected = lanes[lane]?.replay.book.position(key, lane);
  const where = balanceName({ key, lane });
  for (const field of ['debits', 'credits', 'seq'] as const)
    if (expected?.[field] !== position[field])
      return bad(where, `${field} are ${position[field]}, the journal gives ${expected?.[field]}`);
  const promised = held.get(placeOf(key, lane)) ?? 0n;
  if (position.held !== promised)
    return bad(where, `${position.held} are held, its open holds have ${promised}`);
  const free = postedOf(position) - position.held;
  return available === free ? undefined : bad(where, `${available} available instead of ${free}`);
};

const checkRecord = (record: StoredRecord, tally: Tally): Problem | undefined => {
  if (!('hold' in record)) {
    tally.transfers += 1;
    return undefined;
  }
  const { id, state, left } = record.hold;
  if (state === 'pending') tally.pending += 1;
  else if (left !== 0n) return bad(`hold ${id}`, `is ${state} and has ${left} left`);
  return undefined;
};

/** Counts up to the cursor only: a writer may have stopped before it could move the cursor. */
const count = (
  written: Pick<StoredBalance, 'key' | 'lane'> & { readonly block: number },
  lanes: readonly Lane[],
  counts: Map<string, number>,
): void => {
  const name = placeOf(written.key, written.lane);
  if (written.block <= (lanes[written.lane]?.cursor.seq ?? 0))
    counts.set(name, (counts.get(name) ?? 0) + 1);
};

const seenOf = (key: AccountKey, { accounts }: Tally): Seen => {
  const seen = accounts.get(nameOf(key)) ?? { key, balances: new Map() };
  accounts.set(nameOf(key), seen);
  return seen;
};

const checkItem = (
  item: StoredItem,
  lanes: readonly Lane[],
  held: ReadonlyMap<string, bigint>,
  tally: Tally,
): Problem | undefined => {
  if (item.kind === 'unknown') return bad(itemName(item), 'is nothing that the ledger writes');
  if (item.odd !== undefined)
    return bad(itemName(item), `its field "${item.odd}" does not go with the others`);
  switch (item.kind) {
    case 'balance': {
      tally.balances += 1;
      const { key, lane } = item.balance;
      seenOf(key, tally).balances.set(lane, item.balance);
      return checkBalance(item.balance, lanes, held);
    }
    case 'account':
      seenOf(item.account, tally).account = item.account;
      return undefined;
    case 'record':
      return checkRecord(item.record, tally);
    case 'entry':
      return void count(item.entry, lanes, tally.entries);
    case 'snapshot':
      return void count(item.snapshot, lanes, tally.snapshots);
    case 'checkpoint': {
      const { lane } = item.cursor;
      tally.checkpoints.set(lane, (tally.checkpoints.get(lane) ?? 0) + 1);
      return undefined;
    }
    case 'head':
    case 'block':
      return lanes[item.head.lane] ? undefined : bad(itemName(item), 'is of no lane of the ledger');
    default:
      return undefined;
  }
};

const checkCounts = (lane: Lane, tally: Tally): Problem | undefined => {
  const { cursor, written, replay } = lane;
  for (const { key, lane: at } of replay.book.positions()) {
    const name = placeOf(key, at);
    const [entries, snapshots] = [tally.entries.get(name) ?? 0, tally.snapshots.get(name) ?? 0];
    const expected = written.get(name) ?? 0;
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

const isJournaled = async (record: StoredRecord, reader: LedgerReader): Promise<boolean> => {
  if (!('place' in record)) return true;
  const { lane, seq, index } = record.place;
  const block = await reader.block(lane, seq);
  return block !== undefined && entriesOf(block)[index]?.transfer.id === record.id;
};

/** Names a record that no block has. Reads much: called only when there are too many records. */
const findStray = async (reader: LedgerReader): Promise<Problem | undefined> => {
  for await (const items of reader.items())
    for (const item of items)
      if (item.kind === 'record' && !(await isJournaled(item.record, reader)))
        return bad(itemName(item), 'is in no block of the journal');
  return bad('transfers', 'have more records than the journal');
};

/** Names a position of the journal when the table has no item of its account. */
const findLost = (lanes: readonly Lane[], { accounts }: Tally): Problem | undefined => {
  for (const { replay } of lanes)
    for (const { key, lane } of replay.book.positions())
      if (!accounts.has(nameOf(key)))
        return bad(balanceName({ key, lane }), 'is missing, and its account');
  return undefined;
};

const checkTally = (lanes: readonly Lane[], tally: Tally): Problem | undefined => {
  for (const seen of tally.accounts.values()) {
    const problem = checkAccount(seen, lanes);
    if (problem) return problem;
  }
  for (const lane of lanes) {
    const problem = checkCounts(lane, tally);
    if (problem) return problem;
  }
  return findLost(lanes, tally);
};

const scan = async (
  lanes: readonly Lane[],
  holds: readonly Hold[],
  reader: LedgerReader,
  tally: Tally,
): Promise<Problem | undefined> => {
  const held = heldBy(holds);
  for await (const items of reader.items())
    for (const item of items) {
      const problem = checkItem(item, lanes, held, tally);
      if (problem) return problem;
    }
  const problem = checkTally(lanes, tally);
  if (problem) return problem;
  const journaled = lanes.reduce((sum, { replay }) => sum + replay.transfers, 0);
  if (tally.transfers > journaled) return findStray(reader);
  return tally.pending === holds.length
    ? undefined
    : bad('holds', `${tally.pending} are pending, ${holds.length} are indexed as such`);
};

/**
 * Scans the whole table beside the verified lanes. Stops at the first problem.
 * @param holds the pending holds, as the index of holds lists them
 * @throws UnreadableItemError LEDGER_ITEM_UNREADABLE when an item of the table cannot be read
 */
export const verifyItems = async (
  lanes: readonly Lane[],
  holds: readonly Hold[],
  reader: LedgerReader,
): Promise<Pick<Tally, 'balances'> & { accounts: number; problem?: Problem }> => {
  const tally: Tally = {
    accounts: new Map(),
    entries: new Map(),
    snapshots: new Map(),
    checkpoints: new Map(),
    transfers: 0,
    pending: 0,
    balances: 0,
  };
  const problem = await scan(lanes, holds, reader, tally);
  const { balances, accounts } = tally;
  return { balances, accounts: accounts.size, ...(problem && { problem }) };
};
