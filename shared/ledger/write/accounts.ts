/** Opens and closes accounts, and reads their standings. */
import { sha256 } from '#shared/kernel/json.ts';
import { accountFault, mayExist } from '../core/accountNames.ts';
import { nameOf } from '../core/book.ts';
import { answer } from '../core/compareRequests.ts';
import {
  type Account,
  type AccountKey,
  availableOf,
  type Metadata,
  type Outcome,
  type Position,
  postedOf,
} from '../core/types.ts';
import type { AccountStore } from '../ports.ts';
import type { CommitDeps } from './commitGroup.ts';

/** What the accounts need. */
export interface ChartDeps extends CommitDeps {
  readonly accounts: AccountStore;
  /** How many lanes there are; 1 to 64. */
  readonly lanes: number;
  /** How long an operation may try, in ms. */
  readonly patienceMs: number;
}

interface AccountRequest extends AccountKey {
  /** A guarded account never owes. The default is true. */
  readonly guarded?: boolean;
  readonly metadata?: Metadata;
}

/** The sums of an account over all lanes, in minor units. */
export interface AccountStanding {
  readonly posted: bigint;
  readonly held: bigint;
  readonly available: bigint;
  readonly lanes: readonly InLane[];
}

/** The operations on accounts. An outcome has the name of the account as its id. */
export interface ChartOperations {
  openAccount(request: AccountRequest): Promise<Outcome>;
  closeAccount(key: AccountKey): Promise<Outcome>;
  reopenAccount(key: AccountKey): Promise<Outcome>;
  account(key: AccountKey): Promise<Account | undefined>;
}

/** The accounts of the ledger. */
export interface Chart {
  readonly operations: ChartOperations;
  /**
   * The account as it was first read, from memory: guard, unit and home never change, `closed` may.
   */
  known(key: AccountKey): Promise<Account | undefined>;
  /** Reads all lanes once. The lanes may be read at different moments. */
  standing(key: AccountKey): Promise<AccountStanding>;
  /** All lanes as of one moment; of several moments only when postings never pause. */
  balance(key: AccountKey): Promise<AccountStanding>;
}

interface InLane {
  readonly lane: number;
  readonly position: Position;
}

/** Adds up the positions of an account. */
export const standingOf = (found: readonly InLane[]): AccountStanding => {
  const sum = (of: (position: Position) => bigint): bigint =>
    found.reduce((total, { position }) => total + of(position), 0n);
  return {
    posted: sum(postedOf),
    held: sum(({ held }) => held),
    available: sum(availableOf),
    lanes: found.map(({ lane, position }) => ({ lane, position })),
  };
};

/**
 * Whether nothing changed between two reads: a lane counts its entries, so equal counts tell it.
 */
const isSame = (a: AccountStanding, b: AccountStanding): boolean =>
  a.lanes.length === b.lanes.length &&
  a.held === b.held &&
  a.lanes.every(({ lane, position }, index) => {
    const other = b.lanes[index];
    return other?.lane === lane && other.position.seq === position.seq;
  });

const LOOKS_MAX = 5;

const laneOf = (key: AccountKey, lanes: number): number =>
  Number.parseInt(sha256(nameOf(key)).slice(0, 8), 16) % lanes;

/** Makes the operations on accounts. Accounts that were read are kept in memory for `known`. */
export const createChart = (deps: ChartDeps): Chart => {
  const { store, accounts, lanes, clock } = deps;
  const opened = new Map<string, Account>();

  const account = async (key: AccountKey): Promise<Account | undefined> => {
    if (!mayExist(key)) return undefined;
    const { accounts: found } = await store.load({ accounts: [key] });
    return found[0];
  };

  const setClosed = async (key: AccountKey, closed: boolean): Promise<Outcome> => {
    const until = clock.now() + deps.patienceMs;
    if (!mayExist(key)) return answer(key.account, 'account_not_found');
    while (clock.now() < until) {
      const done = await accounts.setClosed(key, closed);
      if (done === 'done') return answer(key.account, 'created');
      if (done === 'missing') return answer(key.account, 'account_not_found');
      await deps.wait(deps.random.next() * 100);
    }
    return answer(key.account, 'unknown');
  };

  const standing = async (key: AccountKey): Promise<AccountStanding> => {
    const positions = Array.from({ length: lanes }, (_, lane) => ({ key, lane }));
    return standingOf((await store.load({ positions })).positions);
  };

  return {
    operations: {
      account,
      openAccount: async (request) => {
        const { unit, account: id, guarded = true, metadata } = request;
        const wrong = accountFault(request);
        if (wrong) return answer(id, 'id_invalid', wrong);
        const existing = await accounts.open({
          unit,
          account: id,
          guarded,
          lane: laneOf(request, lanes),
          closed: false,
          createdAt: clock.now(),
          ...(metadata && { metadata }),
        });
        if (!existing) return answer(id, 'created');
        return answer(id, existing.guarded === guarded ? 'exists' : 'exists_with_different_type');
      },
      closeAccount: (key) => setClosed(key, true),
      reopenAccount: (key) => setClosed(key, false),
    },

    known: async (key) => {
      const name = nameOf(key);
      const found = opened.get(name) ?? (await account(key));
      if (found) opened.set(name, found);
      return found;
    },

    standing,

    balance: async (key) => {
      let before = await standing(key);
      for (let tries = 1; tries < LOOKS_MAX; tries += 1) {
        const again = await standing(key);
        if (isSame(before, again)) return again;
        before = again;
      }
      return before;
    },
  };
};
