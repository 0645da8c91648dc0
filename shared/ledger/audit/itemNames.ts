/** What the ledger's items are called before people. */
import type { Head } from '../core/blocks.ts';
import type { AccountKey } from '../core/types.ts';
import type { StoredBalance, StoredItem } from '../ports.ts';

export const accountName = ({ unit, account }: AccountKey): string =>
  `account ${account} (${unit})`;

export const balanceName = ({ key, lane }: Pick<StoredBalance, 'key' | 'lane'>): string =>
  `balance of ${key.account} (${key.unit}) in lane ${lane}`;

interface InTime extends Pick<StoredBalance, 'key' | 'lane'> {
  readonly at: number;
  readonly seq: number;
}
const inTime = ({ key, lane, at, seq }: InTime): string =>
  `${seq} of ${key.account} (${key.unit}) in lane ${lane} at ${at}`;
export const entryName = (entry: InTime): string => `entry ${inTime(entry)}`;
export const snapshotName = (snapshot: InTime): string => `snapshot ${inTime(snapshot)}`;

export const blockName = ({ lane, seq }: Pick<Head, 'lane' | 'seq'>): string =>
  `lane ${lane}, block ${seq}`;
export const headName = (lane: number): string => `lane ${lane}, head`;
export const cursorName = (lane: number): string => `cursor of lane ${lane}`;
export const checkpointName = ({ lane, seq }: Pick<Head, 'lane' | 'seq'>): string =>
  `checkpoint ${seq} of lane ${lane}`;

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
