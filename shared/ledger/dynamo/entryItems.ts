/** Items that follow from the journal: entries, snapshots, cursors, checkpoints. Also history. */
import type { AccountKey } from '../core/types.ts';
import type { AccountSnapshot, Cursor, StatementEntry } from '../ports.ts';
import {
  asAmount,
  asCount,
  asText,
  type Item,
  laneName,
  laneOfItem,
  lanePk,
  padded,
  placeOfEntry,
} from './ledgerItems.ts';

/** Prefixes of sort keys. */
export const ENTRY_PREFIX = 'E#';
export const SNAPSHOT_PREFIX = 'S#';
export const CHECKPOINT_PREFIX = 'K#';
export const HISTORY_PREFIX = 'J#';

/** Sixteen digits are enough for every safe integer. `at` is in ms since the epoch. */
const timed = (prefix: string, at: number): string => `${prefix}${padded(at, 16)}`;

/** Reads the key: account and lane, then `<prefix><time>#<seq>`. */
const placeInTime = (item: Item) => {
  const [key, lane] = placeOfEntry(item);
  const [, at = 0, seq = 0] = asText(item['sk']).split('#').map(Number);
  return { key, lane, at, seq };
};

/** The item of an entry. Its key tells account, lane, time and number. */
export const entryItem = (entry: StatementEntry): Item => ({
  pk: lanePk(entry.key, entry.lane),
  sk: `${timed(ENTRY_PREFIX, entry.at)}#${padded(entry.seq, 12)}`,
  t: entry.transfer,
  d: entry.change,
  b: entry.balance,
  k: entry.block,
});

/** Reads what {@link entryItem} wrote. */
export const entryOf = (item: Item): StatementEntry => {
  const { t, d, b, k } = item;
  const content = {
    transfer: asText(t),
    change: asAmount(d),
    balance: asAmount(b),
    block: asCount(k),
  };
  return { ...placeInTime(item), ...content };
};

/** The item of a snapshot. Its key tells account, lane, time and number. */
export const snapshotItem = (snapshot: AccountSnapshot): Item => ({
  pk: lanePk(snapshot.key, snapshot.lane),
  sk: `${timed(SNAPSHOT_PREFIX, snapshot.at)}#${padded(snapshot.seq, 12)}`,
  b: snapshot.balance,
  k: snapshot.block,
  h: snapshot.hash,
});

/** Reads what {@link snapshotItem} wrote. */
export const snapshotOf = (item: Item): AccountSnapshot => {
  const { b, k, h } = item;
  return { ...placeInTime(item), balance: asAmount(b), block: asCount(k), hash: asText(h) };
};

/** ms since the epoch, and the number of an entry. */
interface InTime {
  readonly at: number;
  readonly seq?: number;
}

/** The last sort key before a time; with `seq`, the last one before that entry of that time. */
const lastBefore = (prefix: string, { at, seq }: InTime): string =>
  seq === undefined ? timed(prefix, at) : `${timed(prefix, at)}#${padded(seq - 1, 12)}`;

/** The keys of one kind of item of an account in a lane, up to a time that is not included. */
const span = (prefix: string) => (key: AccountKey, lane: number, before: InTime) => ({
  pk: lanePk(key, lane),
  first: prefix,
  last: lastBefore(prefix, before),
});

/** The keys of entries before a time. */
export const entriesBefore = span(ENTRY_PREFIX);

/** The keys of snapshots before a time. */
export const snapshotsBefore = span(SNAPSHOT_PREFIX);

/** The key of the cursor of a lane. */
export const cursorKey = (lane: number) => ({ pk: `C#${laneName(lane)}`, sk: 'CUR' });
const cursorFields = ({ seq, hash, digest }: Cursor): Item => ({
  seq,
  h: hash,
  s: digest.toString(16).padStart(64, '0'),
});

/** The item of a cursor: each lane has one, which is overwritten. */
export const cursorItem = (cursor: Cursor): Item => ({
  ...cursorKey(cursor.lane),
  ...cursorFields(cursor),
});

/** The item of a checkpoint: a cursor that is kept, one for each checkpoint. */
export const checkpointItem = (cursor: Cursor): Item => ({
  pk: `C#${laneName(cursor.lane)}`,
  sk: `${CHECKPOINT_PREFIX}${padded(cursor.seq, 12)}`,
  ...cursorFields(cursor),
});

/** Reads a cursor or a checkpoint. @throws SyntaxError when the digest is no hex number */
export const cursorOf = (item: Item): Cursor => {
  const { seq, h, s } = item;
  return {
    lane: laneOfItem(item),
    seq: asCount(seq),
    hash: asText(h),
    digest: BigInt(`0x${asText(s)}`),
  };
};

/** The item of a line of an imported journal. A line is stored once for each account it names. */
export const historyItem = (key: AccountKey, line: number, raw: string): Item => ({
  pk: historyKey(key),
  sk: `${HISTORY_PREFIX}${padded(line, 12)}`,
  line,
  e: raw,
});

/** The partition key of the history of an account. */
export const historyKey = ({ unit, account }: AccountKey): string => `I#${unit}#${account}`;

/** The item as {@link historyItem} writes it, made again from a stored item. */
export const historyItemOf = ({ pk, line, e }: Item): Item => {
  const [, unit = '', ...account] = asText(pk).split('#');
  return historyItem({ unit, account: account.join('#') }, asCount(line), asText(e));
};
