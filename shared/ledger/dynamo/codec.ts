/** Items of the Ledger table. Numbers are BigInt in code and N in the table: 38 digits, exact. */

import type { AttributeValue, DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { unmarshall } from '@aws-sdk/util-dynamodb';
import { BLOCK_PREFIX } from '#shared/contracts/ledger.ts';
import type { Block, Head } from '../blocks.ts';
import type { Cursor, Place, StatementEntry, StoredBalance, StoredRecord } from '../ports.ts';
import type { Account, AccountKey, Hold, HoldState, Move, Position, Transfer } from '../types.ts';

export interface LedgerOptions {
  readonly client: DynamoDBDocumentClient;
  readonly table: string;
}

export type Item = Readonly<Record<string, unknown>>;

const wrapNumbers = (text: string): bigint => BigInt(text);

/**
 * A document client that keeps every digit. It changes the configuration of the client that it is
 * given, which must be nobody else's.
 */
export const ledgerClient = (client: DynamoDBClient): DynamoDBDocumentClient =>
  DynamoDBDocumentClient.from(client, {
    marshallOptions: { removeUndefinedValues: true },
    unmarshallOptions: { wrapNumbers },
  });

/** An item as an error carries it. */
export const rawItem = (item: Record<string, AttributeValue>): Item =>
  unmarshall(item, { wrapNumbers });

const padded = (value: number, digits: number): string => String(value).padStart(digits, '0');
const laneName = (lane: number): string => padded(lane, 3);

export const headKey = (lane: number) => ({ pk: `L#${laneName(lane)}`, sk: 'HEAD' });
export const blockKey = (lane: number, seq: number) => ({
  pk: `L#${laneName(lane)}`,
  sk: `${BLOCK_PREFIX}${padded(seq, 12)}`,
});
export const recordKey = (id: string) => ({ pk: `T#${id}`, sk: 'T' });
const accountPk = ({ unit, account }: AccountKey): string => `A#${unit}#${account}`;
export const accountKey = (key: AccountKey) => ({ pk: accountPk(key), sk: 'META' });
const lanePk = (key: AccountKey, lane: number): string => `${accountPk(key)}#${laneName(lane)}`;
export const balanceKey = (key: AccountKey, lane: number) => ({
  pk: lanePk(key, lane),
  sk: 'BAL',
});

const text = (value: unknown): string => (typeof value === 'string' ? value : '');
const whole = (value: unknown): number => Number(value ?? 0);
const big = (value: unknown): bigint => (typeof value === 'bigint' ? value : 0n);
const metadataOf = ({ md }: Item): Pick<Account, 'metadata'> =>
  md === undefined ? {} : { metadata: JSON.parse(text(md)) };
const metadataItem = ({ metadata }: Pick<Account, 'metadata'>): Item =>
  metadata === undefined ? {} : { md: JSON.stringify(metadata) };

export const headOf = (lane: number, { seq, h, at }: Item): Head => ({
  lane,
  seq: whole(seq),
  hash: text(h),
  at: whole(at),
});

export const headItem = ({ lane, seq, hash, at }: Head): Item => ({
  ...headKey(lane),
  ...{ seq, h: hash, at },
});

export const blockItem = (
  { lane, seq, previous, hash, at, text: e }: Block,
  count: number,
): Item => ({
  ...blockKey(lane, seq),
  ...{ seq, p: previous, h: hash, at, n: count, v: 1, e },
});
export const blockOf = (lane: number, { seq, p, h, at, e }: Item): Block => ({
  lane,
  seq: whole(seq),
  previous: text(p),
  hash: text(h),
  at: whole(at),
  text: text(e),
});

export const accountItem = (account: Account): Item => ({
  ...accountKey(account),
  ...{ u: account.unit, i: account.account, home: account.lane, g: account.guarded ? 1 : 0 },
  at: account.createdAt,
  ...metadataItem(account),
});
export const accountOf = (item: Item): Account => ({
  unit: text(item['u']),
  account: text(item['i']),
  lane: whole(item['home']),
  guarded: item['g'] === 1n,
  closed: item['closed'] !== undefined,
  createdAt: whole(item['at']),
  ...metadataOf(item),
});

export const positionOf = ({ dr, cr, pd, seq }: Item): Position => ({
  debits: big(dr),
  credits: big(cr),
  held: big(pd),
  seq: whole(seq),
});

const movesOf = (m: unknown): readonly Move[] =>
  (JSON.parse(text(m)) as readonly [string, string, string][]).map(([from, to, amount]) => ({
    from,
    to,
    amount: BigInt(amount),
  }));

export const transferItem = (transfer: Transfer, { lane, seq, index }: Place): Item => ({
  ...recordKey(transfer.id),
  ...{ ty: 'transfer', st: 'posted', u: transfer.unit },
  m: JSON.stringify(transfer.moves.map(({ from, to, amount }) => [from, to, String(amount)])),
  ...(transfer.hold && { o: transfer.hold.id, f: transfer.hold.final ? 1 : 0 }),
  ...(transfer.reverses !== undefined && { r: transfer.reverses }),
  ...(transfer.lane !== undefined && { n: transfer.lane }),
  ...metadataItem(transfer),
  b: `${laneName(lane)}/${seq}/${index}`,
});
const transferOf = (item: Item): Transfer => ({
  id: text(item['pk']).slice(2),
  unit: text(item['u']),
  moves: movesOf(item['m']),
  ...(item['o'] !== undefined && { hold: { id: text(item['o']), final: item['f'] === 1n } }),
  ...(item['r'] !== undefined && { reverses: text(item['r']) }),
  ...(item['n'] !== undefined && { lane: whole(item['n']) }),
  ...metadataOf(item),
});
const placeOf = ({ b }: Item): Place => {
  const [lane = 0, seq = 0, index = 0] = text(b).split('/').map(Number);
  return { lane, seq, index };
};

export const holdItem = (hold: Hold): Item => ({
  ...recordKey(hold.id),
  ...{ ty: 'hold', st: hold.state, u: hold.unit, from: hold.from, a: hold.amount, l: hold.left },
  ...{ x: hold.expiresAt, gx: laneName(hold.lane), n: hold.lane, o: hold.parent },
  ...metadataItem(hold),
});
export const holdOf = (item: Item): Hold => ({
  id: text(item['pk']).slice(2),
  unit: text(item['u']),
  from: text(item['from']),
  amount: big(item['a']),
  left: big(item['l']),
  expiresAt: whole(item['x']),
  lane: whole(item['n']),
  state: text(item['st']) as HoldState,
  ...(item['o'] !== undefined && { parent: text(item['o']) }),
  ...metadataOf(item),
});

/** A record is a transfer or a hold: one space of ids. */
export const recordOf = (item: Item): { transfer: Transfer } | { hold: Hold } =>
  item['ty'] === 'hold' ? { hold: holdOf(item) } : { transfer: transferOf(item) };

export const storedRecordOf = (item: Item): StoredRecord => {
  const id = text(item['pk']).slice(2);
  const record = recordOf(item);
  return 'hold' in record ? { id, ...record } : { id, ...record, place: placeOf(item) };
};

/** `A#<unit>#<account>#<lane>`: a unit has no "#", an account may. */
export const placeOfEntry = ({ pk }: Item): readonly [AccountKey, number] => {
  const [, unit = '', ...rest] = text(pk).split('#');
  return [{ unit, account: rest.slice(0, -1).join('#') }, Number(rest.at(-1))];
};

export const storedBalanceOf = (item: Item): StoredBalance => {
  const [key, lane] = placeOfEntry(item);
  return { key, lane, position: positionOf(item), available: big(item['av']) };
};

export const expiryShard = laneName;

const ENTRY_PREFIX = 'E#';
/** Sixteen digits hold every time that a number does. */
const entryTime = (at: number): string => `${ENTRY_PREFIX}${padded(at, 16)}`;

export const entryItem = (entry: StatementEntry): Item => ({
  pk: lanePk(entry.key, entry.lane),
  sk: `${entryTime(entry.at)}#${padded(entry.seq, 12)}`,
  ...{ t: entry.transfer, d: entry.change, b: entry.balance, k: entry.block },
});
export const entryOf = (
  key: AccountKey,
  lane: number,
  { sk, t, d, b, k }: Item,
): StatementEntry => {
  const [, at = 0, seq = 0] = text(sk).split('#').map(Number);
  return {
    key,
    lane,
    at,
    seq,
    transfer: text(t),
    change: big(d),
    balance: big(b),
    block: whole(k),
  };
};
export const entryKeyBefore = (key: AccountKey, lane: number, before: number) => ({
  pk: lanePk(key, lane),
  first: ENTRY_PREFIX,
  last: entryTime(before),
});

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
  sk: `K#${padded(cursor.seq, 12)}`,
  ...cursorFields(cursor),
});
export const cursorOf = (lane: number, { seq, h, s }: Item): Cursor => ({
  lane,
  seq: whole(seq),
  hash: text(h),
  digest: BigInt(`0x${text(s)}`),
});

/** A line of an imported journal, with each account that it names. */
export const historyItem = ({ unit, account }: AccountKey, line: number, raw: string): Item => ({
  pk: `I#${unit}#${account}`,
  sk: `J#${padded(line, 12)}`,
  line,
  e: raw,
});
export const historyKey = ({ unit, account }: AccountKey): string => `I#${unit}#${account}`;
