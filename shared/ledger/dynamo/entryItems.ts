/** Items that are written out of the journal: entries, snapshots, cursors, checkpoints; and history. */

import type { AccountKey } from '../core/types.ts';
import type { AccountSnapshot, Cursor, StatementEntry } from '../ports.ts';
import {
  big,
  type Item,
  laneName,
  laneOfItem,
  lanePk,
  padded,
  placeOfEntry,
  text,
  whole,
} from './ledgerItems.ts';

export const ENTRY_PREFIX = 'E#';
export const SNAPSHOT_PREFIX = 'S#';
export const CHECKPOINT_PREFIX = 'K#';
export const HISTORY_PREFIX = 'J#';

/** Sixteen digits hold every time that a number does. */
const timed = (prefix: string, at: number): string => `${prefix}${padded(at, 16)}`;

/** `<prefix><time>#<seq>` below the account and lane. */
const placeInTime = (item: Item) => {
  const [key, lane] = placeOfEntry(item);
  const [, at = 0, seq = 0] = text(item['sk']).split('#').map(Number);
  return { key, lane, at, seq };
};

export const entryItem = (entry: StatementEntry): Item => ({
  pk: lanePk(entry.key, entry.lane),
  sk: `${timed(ENTRY_PREFIX, entry.at)}#${padded(entry.seq, 12)}`,
  ...{ t: entry.transfer, d: entry.change, b: entry.balance, k: entry.block },
});
export const entryOf = (item: Item): StatementEntry => {
  const { t, d, b, k } = item;
  const content = { transfer: text(t), change: big(d), balance: big(b), block: whole(k) };
  return { ...placeInTime(item), ...content };
};

export const snapshotItem = (snapshot: AccountSnapshot): Item => ({
  pk: lanePk(snapshot.key, snapshot.lane),
  sk: `${timed(SNAPSHOT_PREFIX, snapshot.at)}#${padded(snapshot.seq, 12)}`,
  ...{ b: snapshot.balance, k: snapshot.block, h: snapshot.hash },
});
export const snapshotOf = (item: Item): AccountSnapshot => {
  const { b, k, h } = item;
  return { ...placeInTime(item), balance: big(b), block: whole(k), hash: text(h) };
};

interface InTime {
  readonly at: number;
  readonly seq?: number;
}

/** The last sort key before a time, or before the entry of that time that has this number. */
const lastBefore = (prefix: string, { at, seq }: InTime): string =>
  seq === undefined ? timed(prefix, at) : `${timed(prefix, at)}#${padded(seq - 1, 12)}`;

/** Sort keys of what an account has in a lane before that. */
const span = (prefix: string) => (key: AccountKey, lane: number, before: InTime) => ({
  pk: lanePk(key, lane),
  first: prefix,
  last: lastBefore(prefix, before),
});
export const entriesBefore = span(ENTRY_PREFIX);
export const snapshotsBefore = span(SNAPSHOT_PREFIX);

export const cursorKey = (lane: number) => ({ pk: `C#${laneName(lane)}`, sk: 'CUR' });
const cursorFields = ({ seq, hash, digest }: Cursor): Item => ({
  ...{ seq, h: hash, s: digest.toString(16).padStart(64, '0') },
});
export const cursorItem = (cursor: Cursor): Item => ({
  ...cursorKey(cursor.lane),
  ...cursorFields(cursor),
});
export const checkpointItem = (cursor: Cursor): Item => ({
  pk: `C#${laneName(cursor.lane)}`,
  sk: `${CHECKPOINT_PREFIX}${padded(cursor.seq, 12)}`,
  ...cursorFields(cursor),
});
export const cursorOf = (item: Item): Cursor => {
  const { seq, h, s } = item;
  return {
    lane: laneOfItem(item),
    seq: whole(seq),
    hash: text(h),
    digest: BigInt(`0x${text(s)}`),
  };
};

/** A line of an imported journal, with each account that it names. */
export const historyItem = (key: AccountKey, line: number, raw: string): Item => ({
  pk: historyKey(key),
  sk: `${HISTORY_PREFIX}${padded(line, 12)}`,
  line,
  e: raw,
});
export const historyKey = ({ unit, account }: AccountKey): string => `I#${unit}#${account}`;
/** As it would be written; its key tells the account. */
export const historyItemOf = ({ pk, line, e }: Item): Item => {
  const [, unit = '', ...account] = text(pk).split('#');
  return historyItem({ unit, account: account.join('#') }, whole(line), text(e));
};
