/** Names of the ledger's items for people, as problems and messages tell them. */
import type { Head } from '../core/blocks.ts';
import type { AccountKey } from '../core/types.ts';
import type { StoredBalance, StoredItem } from '../ports.ts';

/** `account <name> (<unit>)`. */
export const accountName = ({ unit, account }: AccountKey): string =>
  `account ${account} (${unit})`;

/** The balance of an account in one lane. */
export const balanceName = ({ key, lane }: Pick<StoredBalance, 'key' | 'lane'>): string =>
  `balance of ${key.account} (${key.unit}) in lane ${lane}`;

/** An item that is stored by time, below an account and a lane. `at` is in ms since the epoch. */
interface InTime extends Pick<StoredBalance, 'key' | 'lane'> {
  readonly at: number;
  readonly seq: number;
}
const inTime = ({ key, lane, at, seq }: InTime): string =>
  `${seq} of ${key.account} (${key.unit}) in lane ${lane} at ${at}`;

/** An entry of a statement; its time is in ms since the epoch. */
export const entryName = (entry: InTime): string => `entry ${inTime(entry)}`;

/** A snapshot of an account; its time is in ms since the epoch. */
export const snapshotName = (snapshot: InTime): string => `snapshot ${inTime(snapshot)}`;

/** `lane <n>, block <n>`; a head is named as the last block of its lane. */
export const blockName = ({ lane, seq }: Pick<Head, 'lane' | 'seq'>): string =>
  `lane ${lane}, block ${seq}`;

/** The head of a lane. */
export const headName = (lane: number): string => `lane ${lane}, head`;

/** The cursor of a lane: how far its entries are written out. */
export const cursorName = (lane: number): string => `cursor of lane ${lane}`;

/** The checkpoint of a lane at one block. */
export const checkpointName = ({ lane, seq }: Pick<Head, 'lane' | 'seq'>): string =>
  `checkpoint ${seq} of lane ${lane}`;

/** Any item of the table. An item without a better name is named by its key. */
export const itemName = (item: StoredItem): string => {
  switch (item.kind) {
    case 'account':
      return accountName(item.account);
    case 'balance':
      return balanceName(item.balance);
    case 'record':
      return `${'hold' in item.record ? 'hold' : 'transfer'} ${item.record.id}`;
    case 'entry':
      return entryName(item.entry);
    case 'snapshot':
      return snapshotName(item.snapshot);
    case 'cursor':
      return cursorName(item.cursor.lane);
    case 'checkpoint':
      return checkpointName(item.cursor);
    case 'head':
      return headName(item.head.lane);
    case 'block':
      return blockName(item.head);
    default:
      return `item ${item.id}`;
  }
};
