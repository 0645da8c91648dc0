/** How large the items are that are read and written with every transfer. */
import { GetCommand } from '@aws-sdk/lib-dynamodb';
import { cursorKey } from '#shared/ledger/dynamo/entryItems.ts';
import { accountKey, balanceKey, headKey } from '#shared/ledger/dynamo/ledgerItems.ts';
import { type TestLedger, UNIT } from './ledger.ts';

export interface ItemSize {
  readonly item: string;
  /** As DynamoDB counts them: names and values; two digits of a number are a byte. */
  readonly bytes: number;
  /** The same with every number of one digit. */
  readonly fixedBytes: number;
}

const NUMBER_BYTES = 2;

const numberBytes = (value: bigint): number => Math.ceil(String(value).length / 2) + 1;

const sizeOf = (item: string, fields: Readonly<Record<string, unknown>>): ItemSize => {
  const sum = (ofNumber: (value: bigint) => number): number =>
    Object.entries(fields).reduce(
      (total, [name, value]) =>
        total + name.length + (typeof value === 'bigint' ? ofNumber(value) : String(value).length),
      0,
    );
  return { item, bytes: sum(numberBytes), fixedBytes: sum(() => NUMBER_BYTES) };
};

/** Of lane 0, and of the account in it. */
export const itemSizes = async (
  { options: { client, table } }: Pick<TestLedger, 'options'>,
  account: string,
): Promise<readonly ItemSize[]> => {
  const key = { unit: UNIT, account };
  const keys = {
    head: headKey(0),
    balance: balanceKey(key, 0),
    account: accountKey(key),
    cursor: cursorKey(0),
  };
  return Promise.all(
    Object.entries(keys).map(async ([name, Key]) => {
      const { Item = {} } = await client.send(
        new GetCommand({ TableName: table, Key, ConsistentRead: true }),
      );
      return sizeOf(name, Item);
    }),
  );
};

/** With two balances, block and head they are one commit. */
const TOGETHER = 90;

let linked = 0;

/** So many transfers from one account to another and back, in large groups. */
export const moveMany = async (
  { ledger }: Pick<TestLedger, 'ledger'>,
  [a, b]: readonly [string, string],
  count: number,
): Promise<void> => {
  const callers = 2;
  let left = count;
  const work = async (): Promise<void> => {
    while (left > 0) {
      const size = Math.min(TOGETHER, left);
      left -= size;
      linked += 1;
      const serial = linked;
      const outcomes = await ledger.linked(
        Array.from({ length: size }, (_, index) => {
          const [from, to] = index % 2 === 0 ? [a, b] : [b, a];
          return { id: `many${serial}-${index}`, unit: UNIT, from, to, amount: 1n };
        }),
      );
      const failed = outcomes.find(({ code }) => code !== 'created');
      if (failed) throw new Error(`${failed.id}: ${failed.code}`);
    }
  };
  await Promise.all(Array.from({ length: callers }, work));
};
