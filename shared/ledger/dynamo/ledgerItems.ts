/**
 * Items of the Ledger table: keys, heads, blocks, accounts, balances. Numbers are BigInt in code
 * and N in the table, which keeps 38 digits exactly.
 */
import type { AttributeValue, DynamoDBClient } from '@aws-sdk/client-dynamodb';
import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { unmarshall } from '@aws-sdk/util-dynamodb';
import { tableClient } from '#shared/aws/tableClient.ts';
import { BLOCK_PREFIX } from '#shared/contracts/ledger.ts';
import { canonicalJson, type Json, sha256 } from '#shared/kernel/json.ts';
import type { Block, Head } from '../core/blocks.ts';
import type { Account, AccountKey, Metadata, Position } from '../core/types.ts';
import { type StoredBalance, UnreadableItemError } from '../ports.ts';

/** A client of {@link ledgerClient}, and the name of the table. */
export interface LedgerOptions {
  readonly client: DynamoDBDocumentClient;
  readonly table: string;
}

/** An item as the client of {@link ledgerClient} reads and writes it. */
export type Item = Readonly<Record<string, unknown>>;

const wrapNumbers = (text: string): bigint => BigInt(text);

/** Makes a document client that reads numbers as BigInt and so keeps every digit. */
export const ledgerClient = (client: DynamoDBClient): DynamoDBDocumentClient =>
  tableClient(client, { wrapNumbers });

/** Reads an item from an error of the SDK, which does not unmarshall it. */
export const rawItem = (item: Record<string, AttributeValue>): Item =>
  unmarshall(item, { wrapNumbers });

/** A number with leading zeros, so that keys sort by number. */
export const padded = (value: number, digits: number): string =>
  String(value).padStart(digits, '0');

/** A lane in keys: three digits. */
export const laneName = (lane: number): string => padded(lane, 3);

/** The key of the head of a lane. */
export const headKey = (lane: number) => ({ pk: `L#${laneName(lane)}`, sk: 'HEAD' });

/** The key of a block, below its lane. */
export const blockKey = (lane: number, seq: number) => ({
  pk: `L#${laneName(lane)}`,
  sk: `${BLOCK_PREFIX}${padded(seq, 12)}`,
});

/** The key of a transfer or hold by its id. */
export const recordKey = (id: string) => ({ pk: `T#${id}`, sk: 'T' });
const accountPk = ({ unit, account }: AccountKey): string => `A#${unit}#${account}`;

/** The key of an account. */
export const accountKey = (key: AccountKey) => ({ pk: accountPk(key), sk: 'META' });

/** The partition of an account in one lane: balance, entries, snapshots. */
export const lanePk = (key: AccountKey, lane: number): string =>
  `${accountPk(key)}#${laneName(lane)}`;

/** The key of a balance. */
export const balanceKey = (key: AccountKey, lane: number) => ({
  pk: lanePk(key, lane),
  sk: 'BAL',
});

/** An attribute as text; empty when it is not text. */
export const asText = (value: unknown): string => (typeof value === 'string' ? value : '');

/** An attribute as a number; 0 when it is absent. For counts and times, not for amounts. */
export const asCount = (value: unknown): number => Number(value ?? 0);

/** An attribute as an amount; 0 when it is not a BigInt. */
export const asAmount = (value: unknown): bigint => (typeof value === 'bigint' ? value : 0n);

const parsed = (text: string): Metadata => {
  try {
    return JSON.parse(text);
  } catch {
    // One damaged item must not stop the others of its batch. Verification names the item.
    return { unreadable: text };
  }
};

/**
 * Reads the metadata of an account, transfer or hold. Metadata that is not JSON has its text as
 * `unreadable`.
 */
export const metadataOf = ({ md }: Item): Pick<Account, 'metadata'> =>
  md === undefined ? {} : { metadata: parsed(asText(md)) };

/** The attribute of the metadata; none without metadata. */
export const metadataItem = ({ metadata }: Pick<Account, 'metadata'>): Item =>
  metadata === undefined ? {} : { md: JSON.stringify(metadata) };

/**
 * Reads an item with `as`.
 * @throws UnreadableItemError LEDGER_ITEM_UNREADABLE when `as` throws
 */
export const readable = <T>(item: Item, as: (item: Item) => T): T => {
  try {
    return as(item);
  } catch (error) {
    throw new UnreadableItemError(`${item['pk']} ${item['sk']}`, error);
  }
};

/** Reads a head. */
export const headOf = (lane: number, { seq, h, at }: Item): Head => ({
  lane,
  seq: asCount(seq),
  hash: asText(h),
  at: asCount(at),
});

/** The lane of a head, block, cursor or checkpoint. Their keys are `L#<lane>` and `C#<lane>`. */
export const laneOfItem = ({ pk }: Item): number => Number(asText(pk).slice(2));

/** The item of a head. */
export const headItem = ({ lane, seq, hash, at }: Head): Item => ({
  ...headKey(lane),
  seq,
  h: hash,
  at,
});

/** The item of a block. @param count how many entries the block has */
export const blockItem = (
  { lane, seq, previous, hash, at, text: e }: Block,
  count: number,
): Item => ({
  ...blockKey(lane, seq),
  seq,
  p: previous,
  h: hash,
  at,
  n: count,
  v: 1,
  e,
});

/** Reads a block. Its hash is not checked. */
export const blockOf = (lane: number, { seq, p, h, at, e }: Item): Block => ({
  lane,
  seq: asCount(seq),
  previous: asText(p),
  hash: asText(h),
  at: asCount(at),
  text: asText(e),
});

/**
 * A hash of the fields that never change in an item, 32 hex digits. It is for fields that the
 * journal does not have: verification finds a field that was changed.
 */
export const fingerprintOf = (fields: Item): string =>
  sha256(canonicalJson(JSON.parse(JSON.stringify(fields, exact)) as Json)).slice(0, 32);
const exact = (_key: string, value: unknown): unknown =>
  typeof value === 'bigint' ? String(value) : value;
const withFingerprint = (key: Item, fields: Item): Item => ({
  ...key,
  ...fields,
  h: fingerprintOf({ ...key, ...fields }),
});

/** The item of an account, without `closed`. */
export const accountItem = (account: Account): Item =>
  withFingerprint(accountKey(account), {
    u: account.unit,
    i: account.account,
    home: account.lane,
    g: account.guarded ? 1 : 0,
    at: account.createdAt,
    ...metadataItem(account),
  });

/** Reads an account. */
export const accountOf = (item: Item): Account => ({
  unit: asText(item['u']),
  account: asText(item['i']),
  lane: asCount(item['home']),
  guarded: item['g'] === 1n,
  closed: item['closed'] !== undefined,
  createdAt: asCount(item['at']),
  ...metadataOf(item),
});

/**
 * Reads an account for a copy, which must not have what was made of damaged metadata.
 * @throws UnreadableItemError LEDGER_ITEM_UNREADABLE when its metadata is not JSON
 */
export const wholeAccountOf = (item: Item): Account =>
  readable(item, (whole) => {
    if (whole['md'] !== undefined) JSON.parse(asText(whole['md']));
    return accountOf(whole);
  });

/** Reads the position of a balance. Sums that are absent are 0. */
export const positionOf = ({ dr, cr, pd, seq }: Item): Position => ({
  debits: asAmount(dr),
  credits: asAmount(cr),
  held: asAmount(pd),
  seq: asCount(seq),
});

/** Reads `A#<unit>#<account>#<lane>`. The name of an account may have a "#", a unit has none. */
export const placeOfEntry = ({ pk }: Item): readonly [AccountKey, number] => {
  const [, unit = '', ...rest] = asText(pk).split('#');
  return [{ unit, account: rest.slice(0, -1).join('#') }, Number(rest.at(-1))];
};

/** Reads a balance; its key tells account and lane. */
export const storedBalanceOf = (item: Item): StoredBalance => {
  const [key, lane] = placeOfEntry(item);
  const closed = item['closed'] !== undefined;
  return { key, lane, position: positionOf(item), available: asAmount(item['av']), closed };
};
