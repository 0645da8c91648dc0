/**
 * Copies the ledger into a table of its own. Each block is executed on what the copy has. The block
 * is then written, with all that follows from the block, under the conditions of a commit. So a
 * copy may be repeated, cut short, or made by several copiers at once: each block is in the copy
 * once or not yet. Holds are not journaled and are not copied: a held amount is available in the
 * copy.
 */
import { mapPool } from '#shared/kernel/pool.ts';
import { changesOf } from '../core/balanceChanges.ts';
import { type Block, entriesOf, type Head } from '../core/blocks.ts';
import { Book } from '../core/book.ts';
import type { Executed } from '../core/execute.ts';
import type { AccountStore, BalanceChange, EntryStore, LaneStore, LedgerReader } from '../ports.ts';
import { sweepLanes } from '../read/projectEntries.ts';
import { copyAccounts } from './copyAccounts.ts';
import { blockName, headName } from './itemNames.ts';
import { newReplay, type Problem, replayBlock } from './replay.ts';
import type { CopySource } from './replica.ts';

interface CopyTarget {
  readonly store: LaneStore;
  readonly accounts: AccountStore;
  readonly reader: Pick<LedgerReader, 'blocks'>;
  readonly entries: EntryStore;
}

/** Where a copy comes from and goes to. `wait` takes ms. */
export interface CopyDeps {
  readonly source: CopySource;
  readonly target: CopyTarget;
  readonly lanes: number;
  readonly wait: (ms: number) => Promise<void>;
}

/** What one call of {@link copyLedger} did. */
export interface Copied {
  /** Blocks that this call wrote. */
  readonly blocks: number;
  /** Blocks that the source has beyond the copy. */
  readonly lag: number;
  readonly problem?: Problem;
}

/** What the copier knows of one lane of the copy. */
interface Place {
  head: Head;
  book: Book;
  blocks: number;
}

const LANES_AT_ONCE = 4;
const BUSY_MS = 100;

const executedOf = ({ lane, text }: Block): readonly Executed[] =>
  entriesOf({ text }).map(({ transfer, legs }) => ({
    code: 'created',
    id: transfer.id,
    transfer,
    lane,
    legs,
  }));

/** The ledger checked funds and closed accounts before it journaled: the copy checks neither. */
const asJournaled = (change: BalanceChange): BalanceChange => ({
  ...change,
  need: 0n,
  mayBeClosed: true,
});

const loadPositions = async (
  book: Book,
  done: readonly Executed[],
  store: LaneStore,
): Promise<void> => {
  const positions = done.flatMap(({ transfer: { unit }, lane, legs }) =>
    legs.flatMap(({ account }) => {
      const key = { unit, account };
      return book.knows(key, lane) ? [] : [{ key, lane }];
    }),
  );
  if (positions.length === 0) return;
  const found = await store.load({ positions });
  for (const { key, lane, position } of found.positions) book.setPosition(key, lane, position);
};

/** What differs when the copy did not take the block, and no other copier wrote the block. */
const foreign = (block: Block, [id]: readonly string[]): Problem =>
  id === undefined
    ? { where: blockName(block), what: 'is not what the copy has beyond its head' }
    : { where: `transfer ${id}`, what: `is in the copy already, and not in ${blockName(block)}` };

/**
 * Reads the head of the copy again. When another copier has moved the head, this copier goes on
 * from there; else the difference is real.
 */
const lookAgain = async (
  place: Place,
  difference: Problem,
  store: LaneStore,
): Promise<Problem | undefined> => {
  const head = await store.head(place.head.lane);
  if (head.seq === place.head.seq) return difference;
  place.head = head;
  place.book = new Book();
  return undefined;
};

/** Tries once to write the block. The block was written when the place's head is the block. */
const tryBlock = async (
  place: Place,
  block: Block,
  { target: { store }, wait }: CopyDeps,
): Promise<Problem | undefined> => {
  const { head, book } = place;
  const done = executedOf(block);
  await loadPositions(book, done, store);
  const trial = new Book(book);
  const next = replayBlock({ ...newReplay(block.lane), head, book: trial }, block);
  if ('where' in next) return lookAgain(place, next, store);
  const changes = changesOf(book, trial, done).map(asJournaled);
  const now = block.at;
  const result = await store.commit({ heads: [head], blocks: [block], done, changes, now });
  if (result.kind === 'stale') return lookAgain(place, foreign(block, result.taken), store);
  if (result.kind === 'busy') {
    await wait(BUSY_MS);
    return undefined;
  }
  trial.keep();
  place.head = block;
  place.blocks += 1;
  return undefined;
};

const copyBlock = async (
  place: Place,
  block: Block,
  deps: CopyDeps,
): Promise<Problem | undefined> => {
  while (place.head.seq < block.seq) {
    const problem = await tryBlock(place, block, deps);
    if (problem) return problem;
  }
  return place.head.seq === block.seq && place.head.hash !== block.hash
    ? { where: blockName(block), what: 'is another one in the copy' }
    : undefined;
};

const checkHead = (head: Head, { head: found }: Place): Problem | undefined => {
  if (found.seq > head.seq)
    return { where: headName(head.lane), what: `is at ${found.seq}, the ledger at ${head.seq}` };
  return found.seq === head.seq && found.hash !== head.hash
    ? { where: blockName(head), what: 'is another one in the copy' }
    : undefined;
};

const copyLane = async (lane: number, deps: CopyDeps): Promise<Copied> => {
  const { source, target } = deps;
  const place: Place = { head: await target.store.head(lane), book: new Book(), blocks: 0 };
  const work = async (): Promise<Problem | undefined> => {
    for await (const blocks of source.blocks(lane, place.head.seq))
      for (const block of blocks) {
        const problem = await copyBlock(place, block, deps);
        if (problem) return problem;
      }
    return undefined;
  };
  const first = await work();
  const head = await source.head(lane);
  const problem = first ?? checkHead(head, place);
  return { blocks: place.blocks, lag: head.seq - place.head.seq, ...(problem && { problem }) };
};

/**
 * Brings the copy up to date: blocks, accounts, entries. Each lane stops at its first difference,
 * and `problem` is one of these. May be repeated, and run by several copiers at once.
 * @throws StoreRefusedError LEDGER_STORE_REFUSED when the table of the copy never takes an item
 * @throws BrokenChainError LEDGER_CHAIN_BROKEN when the journal of the copy is broken
 */
export const copyLedger = async (deps: CopyDeps): Promise<Copied> => {
  const { target, lanes } = deps;
  const all = Array.from({ length: lanes }, (_, lane) => lane);
  const copied = await mapPool(all, LANES_AT_ONCE, (lane) => copyLane(lane, deps));
  const first = copied.find((each) => each.problem)?.problem;
  // An account is opened before a block names it: accounts that are read now are complete.
  const problem = first ?? (await copyAccounts(deps.source.accounts(), target));
  if (!problem) await sweepLanes(lanes, target);
  return {
    blocks: copied.reduce((sum, { blocks }) => sum + blocks, 0),
    lag: copied.reduce((sum, { lag }) => sum + lag, 0),
    ...(problem && { problem }),
  };
};
