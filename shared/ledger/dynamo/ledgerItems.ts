/** Items of the Ledger table. Numbers are BigInt in code and N in the table: 38 digits, exact. */

import type { AttributeValue, DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { unmarshall } from '@aws-sdk/util-dynamodb';
import { BLOCK_PREFIX } from '#shared/contracts/ledger.ts';
import { canonicalJson, type Json, sha256 } from '#shared/kernel/json.ts';
import type { Block, Head } from '../core/blocks.ts';
import type { Account, AccountKey, Position } from '../core/types.ts';
import { type StoredBalance, UnreadableItemError } from '../ports.ts';

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

export const padded = (value: number, digits: number): string =>
  String(value).padStart(digits, '0');
export const laneName = (lane: number): string => padded(lane, 3);

export const headKey = (lane: number) => ({ pk: `L#${laneName(lane)}`, sk: 'HEAD' });
export const blockKey = (lane: number, seq: number) => ({
  pk: `L#${laneName(lane)}`,
  sk: `${BLOCK_PREFIX}${padded(seq, 12)}`,
});
export const recordKey = (id: string) => ({ pk: `T#${id}`, sk: 'T' });
const accountPk = ({ unit, account }: AccountKey): string => `A#${unit}#${account}`;
export const accountKey = (key: AccountKey) => ({ pk: accountPk(key), sk: 'META' });
export const lanePk = (key: AccountKey, lane: number): string =>
  `${accountPk(key)}#${laneName(lane)}`;
export const balanceKey = (key: AccountKey, lane: number) => ({
  pk: lanePk(key, lane),
  sk: 'BAL',
});

export const text = (value: unknown): string => (typeof value === 'string' ? value : '');
export const whole = (value: unknown): number => Number(value ?? 0);
export const big = (value: unknown): bigint => (typeof value === 'bigint' ? value : 0n);
export const metadataOf = ({ md }: Item): Pick<Account, 'metadata'> =>
  md === undefined ? {} : { metadata: JSON.parse(text(md)) };
export const metadataItem = ({ metadata }: Pick<Account, 'metadata'>): Item =>
  metadata === undefined ? {} : { md: JSON.stringify(metadata) };

/** @throws UnreadableItemError for what `as` cannot read */
export const readable = <T>(item: Item, as: (item: Item) => T): T => {
  try {
    return as(item);
  } catch (error) {
    throw new UnreadableItemError(`${item['pk']} ${item['sk']}`, error);
  }
};

export const headOf = (lane: number, { seq, h, at }: Item): Head => ({
  lane,
  seq: whole(seq),
  hash: text(h),
  at: whole(at),
});

/** The lane of a head, a block, a cursor or a checkpoint: `L#<lane>`, `C#<lane>`. */
export const laneOfItem = ({ pk }: Item): number => Number(text(pk).slice(2));

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

/** Of what never changes in an item, where nothing else tells it: whoever changes it shows. */
export const fingerprintOf = (fields: Item): string =>
  sha256(canonicalJson(JSON.parse(JSON.stringify(fields, exact)) as Json)).slice(0, 32);
const exact = (_key: string, value: unknown): unknown =>
  typeof value === 'bigint' ? String(value) : value;
const withFingerprint = (key: Item, fields: Item): Item => ({
  ...key,
  ...fields,
  h: fingerprintOf({ ...key, ...fields }),
});

export const accountItem = (account: Account): Item =>
  withFingerprint(accountKey(account), {
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

/** `A#<unit>#<account>#<lane>`: a unit has no "#", an account may. */
export const placeOfEntry = ({ pk }: Item): readonly [AccountKey, number] => {
  const [, unit = '', ...rest] = text(pk).split('#');
  return [{ unit, account: rest.slice(0, -1).join('#') }, Number(rest.at(-1))];
};

export const storedBalanceOf = (item: Item): StoredBalance => {
  const [key, lane] = placeOfEntry(item);
  const closed = item['closed'] !== undefined;
  return { key, lane, position: positionOf(item), available: big(item['av']), closed };
};
