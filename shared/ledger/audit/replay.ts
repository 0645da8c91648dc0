/** Executes the journal of a lane again and checks every step: for replicas and verification. */
import { sha256 } from '#shared/kernel/json.ts';
import {
  type Block,
  type BlockEntry,
  entriesOf,
  genesis,
  type Head,
  hashOf,
} from '../core/blocks.ts';
import { Book, placeOf } from '../core/book.ts';
import { applyMoves } from '../core/execute.ts';
import { type Leg, postedOf } from '../core/types.ts';
import { blockName } from './itemNames.ts';

/** The first difference that was found. */
export interface Problem {
  /** The item or entry, by the name under which a person looks for it. */
  readonly where: string;
  /** What is wrong; reads on from `where` as one sentence. */
  readonly what: string;
  /** By how much: the same while others write, when the numbers in `what` move. */
  readonly off?: string;
}

/** The state of a lane after its journal was executed up to `head`. */
export interface Replay {
  readonly head: Head;
  readonly book: Book;
  /**
   * The sum of the hashes of all balances, modulo 2^256. As a sum, the next digest follows from the
   * balances that a block changes: the other balances are not read.
   */
  readonly digest: bigint;
  readonly transfers: number;
}

/** A lane before its first block. */
export const newReplay = (lane: number): Replay => ({
  head: genesis(lane),
  book: new Book(),
  digest: 0n,
  transfers: 0,
});

const DIGEST_MOD = 2n ** 256n;

const digestOf = (name: string, seq: number, balance: bigint): bigint =>
  seq === 0 ? 0n : BigInt(`0x${sha256(`${name}|${seq}|${balance}`)}`);

const addDigest = (digest: bigint, change: bigint): bigint =>
  (((digest + change) % DIGEST_MOD) + DIGEST_MOD) % DIGEST_MOD;

const sameLeg = (a: Leg, b: Leg | undefined): boolean =>
  b !== undefined &&
  a.account === b.account &&
  a.change === b.change &&
  a.seq === b.seq &&
  a.balance === b.balance;

const legText = ({ account, change, seq, balance }: Leg): string =>
  `${account} ${change >= 0n ? '+' : ''}${change} → ${balance} (entry ${seq})`;

const checkLegs = (recorded: readonly Leg[], found: readonly Leg[]): string | undefined => {
  const sum = found.reduce((total, { change }) => total + change, 0n);
  if (sum !== 0n) return `its legs sum to ${sum}`;
  const index = found.findIndex((leg, at) => !sameLeg(leg, recorded[at]));
  const leg = found[index];
  if (leg) {
    const other = recorded[index];
    return `the journal says ${other ? legText(other) : 'nothing'}, execution gives ${legText(leg)}`;
  }
  if (recorded.length !== found.length) return 'it has legs that execution does not give';
  const owing = recorded.find(({ guarded, balance }) => guarded && balance < 0n);
  return owing && `${owing.account} owes ${-owing.balance}`;
};

/** How an entry changes the digest. A leg also tells the balance before it: `balance - change`. */
const digestChange = ({ transfer, legs }: BlockEntry, lane: number): bigint =>
  legs.reduce((sum, { account, seq, balance, change }) => {
    const name = placeOf({ unit: transfer.unit, account }, lane);
    return sum + digestOf(name, seq, balance) - digestOf(name, seq - 1, balance - change);
  }, 0n);

/** The digest of a lane after the block. @param digest the one before the block */
export const digestAfter = (digest: bigint, block: Block): bigint =>
  entriesOf(block).reduce((sum, entry) => addDigest(sum, digestChange(entry, block.lane)), digest);

const applyEntry = (
  { transfer, legs }: BlockEntry,
  book: Book,
  lane: number,
): string | undefined => {
  const { unit } = transfer;
  for (const { account, guarded } of legs)
    book.setAccount({ unit, account, lane, guarded, closed: false, createdAt: 0 });
  return checkLegs(legs, applyMoves(book, transfer, lane));
};

const checkChain = (head: Head, block: Block): string | undefined => {
  if (block.seq !== head.seq + 1) return `follows block ${head.seq}`;
  if (block.previous !== head.hash) return 'does not name the block before it';
  if (block.at < head.at) return 'is older than the block before it';
  return hashOf(block) === block.hash ? undefined : 'does not have the hash that it says';
};

/**
 * Executes one block. Returns the lane after the block, or what is wrong with the block. Changes
 * the book of the given replay, also when the block is wrong.
 */
export const replayBlock = (replay: Replay, block: Block): Replay | Problem => {
  const broken = checkChain(replay.head, block);
  if (broken) return { where: blockName(block), what: broken };
  const entries = entriesOf(block);
  for (const entry of entries) {
    const problem = applyEntry(entry, replay.book, block.lane);
    if (problem)
      return { where: `${blockName(block)}, transfer ${entry.transfer.id}`, what: problem };
  }
  const { lane, seq, hash, at } = block;
  return {
    head: { lane, seq, hash, at },
    book: replay.book,
    digest: digestAfter(replay.digest, block),
    transfers: replay.transfers + entries.length,
  };
};

/** The sum of all posted balances of a lane by unit, in minor units. Each sum should be 0. */
export const sumsOf = ({ book }: Replay): ReadonlyMap<string, bigint> => {
  const sums = new Map<string, bigint>();
  for (const { key, position } of book.positions())
    sums.set(key.unit, (sums.get(key.unit) ?? 0n) + postedOf(position));
  return sums;
};
