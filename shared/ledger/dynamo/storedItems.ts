/**
 * Reads any item of the Ledger table, and checks that the ledger would write the item in the same
 * way.
 */
import { BLOCK_PREFIX } from '#shared/contracts/ledger.ts';
import { entriesOf } from '../core/blocks.ts';
import type { ItemContent, StoredItem } from '../ports.ts';
import {
  CHECKPOINT_PREFIX,
  checkpointItem,
  cursorItem,
  cursorOf,
  ENTRY_PREFIX,
  entryItem,
  entryOf,
  HISTORY_PREFIX,
  historyItemOf,
  SNAPSHOT_PREFIX,
  snapshotItem,
  snapshotOf,
} from './entryItems.ts';
import {
  accountItem,
  accountOf,
  balanceKey,
  blockItem,
  blockOf,
  headItem,
  headOf,
  type Item,
  laneOfItem,
  readable,
  storedBalanceOf,
} from './ledgerItems.ts';
import { holdItem, storedRecordOf, transferItem } from './recordItems.ts';

/** The content of an item, and the item as the ledger would write it. */
type Reading = readonly [content: ItemContent, again: Item];

const CLOSED = { closed: 1 };

const readAccount = (item: Item): Reading => {
  const account = accountOf(item);
  return [
    { kind: 'account', account },
    { ...accountItem(account), ...(account.closed && CLOSED) },
  ];
};

/** A balance that was only closed or reopened has no sums: missing sums are not odd. */
const readBalance = (item: Item): Reading => {
  const balance = storedBalanceOf(item);
  const { key, lane, position, available, closed } = balance;
  const { debits: dr, credits: cr, held: pd, seq } = position;
  const sums = Object.entries({ dr, cr, pd, seq, av: available });
  const there = Object.fromEntries(sums.filter(([field]) => field in item));
  return [
    { kind: 'balance', balance },
    { ...balanceKey(key, lane), ...there, ...(closed && CLOSED) },
  ];
};

const readRecord = (item: Item): Reading => {
  const record = storedRecordOf(item);
  const again =
    'hold' in record ? holdItem(record.hold) : transferItem(record.transfer, record.place);
  return [{ kind: 'record', record }, again];
};

const readHead = (item: Item): Reading => {
  const head = headOf(laneOfItem(item), item);
  return [{ kind: 'head', head }, headItem(head)];
};

const readBlock = (item: Item): Reading => {
  const block = blockOf(laneOfItem(item), item);
  return [{ kind: 'block', head: block }, blockItem(block, entriesOf(block).length)];
};

const readEntry = (item: Item): Reading => {
  const entry = entryOf(item);
  return [{ kind: 'entry', entry }, entryItem(entry)];
};

const readSnapshot = (item: Item): Reading => {
  const snapshot = snapshotOf(item);
  return [{ kind: 'snapshot', snapshot }, snapshotItem(snapshot)];
};

const readCursor = (item: Item): Reading => {
  const cursor = cursorOf(item);
  return [{ kind: 'cursor', cursor }, cursorItem(cursor)];
};

const readCheckpoint = (item: Item): Reading => {
  const cursor = cursorOf(item);
  return [{ kind: 'checkpoint', cursor }, checkpointItem(cursor)];
};

const READERS: readonly (readonly [sk: RegExp, read: (item: Item) => Reading])[] = [
  [/^META$/, readAccount],
  [/^BAL$/, readBalance],
  [/^T$/, readRecord],
  [/^HEAD$/, readHead],
  [new RegExp(`^${BLOCK_PREFIX}`), readBlock],
  [new RegExp(`^${ENTRY_PREFIX}`), readEntry],
  [new RegExp(`^${SNAPSHOT_PREFIX}`), readSnapshot],
  [/^CUR$/, readCursor],
  [new RegExp(`^${CHECKPOINT_PREFIX}`), readCheckpoint],
  [new RegExp(`^${HISTORY_PREFIX}`), (item) => [{ kind: 'history' }, historyItemOf(item)]],
];

const plain = (value: unknown): unknown => (typeof value === 'number' ? BigInt(value) : value);

const oddField = (item: Item, again: Item): string | undefined =>
  Object.keys({ ...again, ...item }).find((field) => plain(item[field]) !== plain(again[field]));

/**
 * The content of an item by its sort key; `odd` names the first field that the ledger would not
 * write.
 * @throws UnreadableItemError LEDGER_ITEM_UNREADABLE when the content cannot be read
 */
export const storedItemOf = (item: Item): StoredItem => {
  const id = `${item['pk']} ${item['sk']}`;
  const [, read] = READERS.find(([sk]) => sk.test(String(item['sk']))) ?? [];
  if (!read) return { kind: 'unknown', id };
  const [content, again] = readable(item, read);
  const odd = oddField(item, again);
  return { ...content, id, ...(odd !== undefined && { odd }) };
};
