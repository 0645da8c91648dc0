/**
 * A trial balance that costs little enough to run every minute. It looks at one lane: it compares
 * the balances that the last block changed with what the block says. `verify` compares everything.
 */
import { type Block, entriesOf } from '../core/blocks.ts';
import { nameOf } from '../core/book.ts';
import { type AccountKey, postedOf } from '../core/types.ts';
import type { LaneStore, LedgerReader } from '../ports.ts';

/** What a trial balance reads. */
export interface TrialDeps {
  readonly store: Pick<LaneStore, 'head' | 'load'>;
  readonly reader: Pick<LedgerReader, 'block'>;
}

const absolute = (value: bigint): bigint => (value < 0n ? -value : value);

interface Told {
  readonly key: AccountKey;
  readonly balance: bigint;
}

/**
 * The balance that the block gives each account, and `odd`: by how much the legs of each transfer
 * miss a sum of 0, added up.
 */
const toldBy = (block: Block): { readonly accounts: readonly Told[]; readonly odd: bigint } => {
  const accounts = new Map<string, Told>();
  let odd = 0n;
  for (const { transfer, legs } of entriesOf(block)) {
    odd += absolute(legs.reduce((sum, { change }) => sum + change, 0n));
    for (const { account, balance } of legs) {
      const key = { unit: transfer.unit, account };
      accounts.set(nameOf(key), { key, balance });
    }
  }
  return { accounts: [...accounts.values()], odd };
};

/**
 * The difference between the balances of a lane and its last block. @returns minor units, never
 * below 0. It is 0, too, when the lane was empty, or was written to during the look: then nothing
 * is known.
 */
export const trialDifference = async (
  lane: number,
  { store, reader }: TrialDeps,
): Promise<bigint> => {
  const head = await store.head(lane);
  const block = head.seq === 0 ? undefined : await reader.block(lane, head.seq);
  if (!block) return 0n;
  const { accounts, odd } = toldBy(block);
  const { positions } = await store.load({ positions: accounts.map(({ key }) => ({ key, lane })) });
  if ((await store.head(lane)).seq !== head.seq) return 0n;
  const stored = new Map(positions.map(({ key, position }) => [nameOf(key), postedOf(position)]));
  return accounts.reduce(
    (sum, { key, balance }) => sum + absolute((stored.get(nameOf(key)) ?? 0n) - balance),
    odd,
  );
};

/** The lane to look at in this minute: each minute the next. @param now ms since the epoch */
export const laneOfMinute = (lanes: number, now: number): number =>
  Math.floor(now / 60_000) % lanes;
