/**
 * Rebuilds heads, balances and records from the journal, after a restore that lost some of them.
 * Blocks are complete: heads, balances and records follow from the blocks and from the open holds.
 */
import { type Block, entriesOf, type Head } from '../core/blocks.ts';
import { nameOf, placeOf } from '../core/book.ts';
import { type Account, availableOf, type Hold, type Transfer } from '../core/types.ts';
import type { AccountStore, JournalPlace, LedgerReader, StoredBalance } from '../ports.ts';
import { newReplay, type Problem, type Replay, replayBlock } from './replay.ts';

/** A balance from the journal. Whether it is closed is told by the item of its account instead. */
export type Rebuilt = Omit<StoredBalance, 'closed'>;

/** Where {@link repair} writes. */
export interface RepairStore {
  /** Overwrites the items that are there: nobody else may write at the same time. */
  restore(what: {
    readonly heads?: readonly Head[];
    readonly balances?: readonly Rebuilt[];
    readonly transfers?: readonly { readonly transfer: Transfer; readonly place: JournalPlace }[];
  }): Promise<void>;
}

export interface RepairDeps {
  readonly reader: LedgerReader;
  readonly repairs: RepairStore;
  readonly accounts: Pick<AccountStore, 'setClosed'>;
  readonly lanes: number;
}

/** How much was rebuilt: blocks read, transfers and balances written. */
export interface Repaired {
  readonly blocks: number;
  readonly transfers: number;
  readonly balances: number;
  /** Where the journal itself is broken. Its lane was repaired up to that block, and no further. */
  readonly problem?: Problem;
}

const recordsOf = (block: Block) =>
  entriesOf(block).map(({ transfer }, index) => ({
    transfer,
    place: { lane: block.lane, seq: block.seq, index },
  }));

/** Each position of the replay, less the amounts that open holds take. */
const balancesOf = ({ book, head }: Replay, holds: readonly Hold[]): readonly Rebuilt[] => {
  const held = new Map<string, bigint>();
  for (const { unit, from, left } of holds) {
    const name = placeOf({ unit, account: from }, head.lane);
    held.set(name, (held.get(name) ?? 0n) + left);
  }
  return [...book.positions()].map(({ key, lane, position: found }) => {
    const position = { ...found, held: held.get(placeOf(key, lane)) ?? 0n };
    return { key, lane, position, available: availableOf(position) };
  });
};

const repairLane = async (lane: number, { reader, repairs }: RepairDeps): Promise<Repaired> => {
  let replay = newReplay(lane);
  let problem: Problem | undefined;
  for await (const blocks of reader.blocks(lane, 0))
    for (const block of blocks) {
      const next = problem ?? replayBlock(replay, block);
      if ('where' in next) problem = next;
      else {
        await repairs.restore({ transfers: recordsOf(block) });
        replay = next;
      }
    }
  const holds: Hold[] = [];
  for await (const page of reader.pendingHolds(lane)) holds.push(...page);
  const balances = balancesOf(replay, holds);
  const heads = replay.head.seq > 0 ? [replay.head] : [];
  await repairs.restore({ heads, balances });
  const { head, transfers } = replay;
  const done = { blocks: head.seq, transfers, balances: balances.length };
  return problem ? { ...done, problem } : done;
};

/** Makes each account closed in all lanes or in none, as its own item says. */
const repairClosed = async ({ reader, accounts }: RepairDeps): Promise<void> => {
  const marked = new Set<string>();
  const all: Account[] = [];
  for await (const items of reader.items()) {
    all.push(...items.flatMap((item) => (item.kind === 'account' ? item.account : [])));
    for (const item of items)
      if (item.kind === 'balance' && item.balance.closed) marked.add(nameOf(item.balance.key));
  }
  for (const account of all)
    if (account.closed || marked.has(nameOf(account)))
      await accounts.setClosed(account, account.closed);
};

/**
 * Rebuilds all lanes. Nobody may write to the ledger at the same time. May be repeated. What
 * `repair` cannot fix, `verify` names afterwards.
 * @throws UnreadableItemError LEDGER_ITEM_UNREADABLE when an item of the table cannot be read
 */
export const repair = async (deps: RepairDeps): Promise<Repaired> => {
  let all: Repaired = { blocks: 0, transfers: 0, balances: 0 };
  for (let lane = 0; lane < deps.lanes; lane += 1) {
    const one = await repairLane(lane, deps);
    const problem = all.problem ?? one.problem;
    all = {
      blocks: all.blocks + one.blocks,
      transfers: all.transfers + one.transfers,
      balances: all.balances + one.balances,
      ...(problem && { problem }),
    };
  }
  await repairClosed(deps);
  return all;
};
