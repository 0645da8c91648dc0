/** Opens and closes the accounts of a copy as they are in the ledger. */
import { canonicalJson, type Json } from '#shared/kernel/json.ts';
import { nameOf } from '../core/book.ts';
import type { Account } from '../core/types.ts';
import type { AccountStore, LaneStore } from '../ports.ts';
import { accountName } from './itemNames.ts';
import type { Problem } from './replay.ts';

interface Target {
  readonly store: Pick<LaneStore, 'load'>;
  readonly accounts: AccountStore;
}

const FIELDS = ['lane', 'guarded', 'createdAt', 'metadata'] as const;

const textOf = (value: unknown): string => canonicalJson((value ?? null) as Json);

const difference = (account: Account, found: Account): Problem | undefined => {
  const field = FIELDS.find((name) => textOf(account[name]) !== textOf(found[name]));
  return field === undefined
    ? undefined
    : {
        where: accountName(account),
        what: `${field} is ${textOf(found[field])} in the copy, ${textOf(account[field])} in the ledger`,
      };
};

const copyAccount = async (
  account: Account,
  known: Account | undefined,
  { accounts }: Target,
): Promise<Problem | undefined> => {
  // Another copier may open the account at the same time.
  const found = known ?? (await accounts.open({ ...account, closed: false }));
  const problem = found && difference(account, found);
  if (problem) return problem;
  const isClosed = found?.closed ?? false;
  if (isClosed === account.closed) return undefined;
  const done = await accounts.setClosed(account, account.closed);
  return done === 'done'
    ? undefined
    : {
        where: accountName(account),
        what: `could not be ${account.closed ? 'closed' : 'reopened'}`,
      };
};

/**
 * Opens, closes and reopens accounts of the copy until they are as in the source. Changes no
 * account that differs otherwise. @returns the first difference, undefined when there is none
 */
export const copyAccounts = async (
  source: AsyncIterable<readonly Account[]>,
  target: Target,
): Promise<Problem | undefined> => {
  for await (const page of source) {
    if (page.length === 0) continue;
    const { accounts } = await target.store.load({ accounts: page });
    const known = new Map(accounts.map((account) => [nameOf(account), account]));
    for (const account of page) {
      const problem = await copyAccount(account, known.get(nameOf(account)), target);
      if (problem) return problem;
    }
  }
  return undefined;
};
