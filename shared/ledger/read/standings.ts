/**
 * The standings of all accounts as of one moment. First the heads of all lanes are read at one
 * moment. Then the balances are read. What was posted after the heads is subtracted again.
 */
import type { Random } from '#shared/kernel/ports.ts';
import { type BlockEntry, entriesOf, type Head } from '../core/blocks.ts';
import { nameOf, placeOf } from '../core/book.ts';
import type { Account, Draw, Leg, Position } from '../core/types.ts';
import type { AccountStore, LaneStore, LedgerReader, StoredBalance } from '../ports.ts';
import { type AccountStanding, standingOf } from '../write/accounts.ts';

/** What {@link standings} reads. `wait` takes ms. */
export interface StandingsDeps {
  readonly store: Pick<LaneStore, 'heads'>;
  readonly reader: Pick<LedgerReader, 'blocks'>;
  readonly accounts: Pick<AccountStore, 'balances'>;
  readonly lanes: number;
  readonly random: Random;
  readonly wait: (ms: number) => Promise<void>;
}

/** Commits interfered with each try to read all heads at one moment. */
class LedgerBusyError extends Error {
  override readonly name = 'LedgerBusyError';
  readonly code = 'LEDGER_BUSY';
}

const TRIES_MAX = 20;
const PAUSE_MS = 100;

const headsAtOnce = async ({
  store,
  lanes,
  wait,
  random,
}: StandingsDeps): Promise<readonly Head[]> => {
  const all = Array.from({ length: lanes }, (_, lane) => lane);
  for (let tries = 0; tries < TRIES_MAX; tries += 1) {
    const heads = await store.heads(all);
    if (heads) return heads;
    await wait(random.next() * PAUSE_MS);
  }
  throw new LedgerBusyError('the lanes go on too fast to see all of them at one time; ask again');
};

/** The position before the leg. A leg that the position does not include yet is not subtracted. */
const without = (position: Position, { change, seq }: Leg, draw: Draw | undefined): Position =>
  seq > position.seq
    ? position
    : {
        debits: position.debits - (change < 0n ? -change : 0n),
        credits: position.credits - (change > 0n ? change : 0n),
        held: position.held + (draw ? draw.drawn + draw.returned : 0n),
        seq: position.seq - 1,
      };

interface Posted {
  readonly place: string;
  readonly leg: Leg;
  readonly draw: Draw | undefined;
}

const legsOf = ({ transfer, legs, draw }: BlockEntry, lane: number): readonly Posted[] =>
  legs.map((leg) => ({
    place: placeOf({ unit: transfer.unit, account: leg.account }, lane),
    leg,
    draw: leg.account === transfer.moves[0]?.from ? draw : undefined,
  }));

/** The legs that a lane has after the head, in the order of posting. */
const postedSince = async ({ lane, seq }: Head, { reader }: StandingsDeps) => {
  const posted: Posted[] = [];
  for await (const blocks of reader.blocks(lane, seq))
    posted.push(...blocks.flatMap(entriesOf).flatMap((entry) => legsOf(entry, lane)));
  return posted;
};

const takeOff = (found: Map<string, StoredBalance>, posted: readonly Posted[]): void => {
  for (const { place, leg, draw } of posted.toReversed()) {
    const balance = found.get(place);
    if (balance) found.set(place, { ...balance, position: without(balance.position, leg, draw) });
  }
};

/**
 * All accounts with their standings in minor units, as of one moment. The posted balances of each
 * unit sum to 0. Holds are not journaled: a held amount is as of the moment when its balance was
 * read.
 * @throws LedgerBusyError LEDGER_BUSY when commits interfered 20 times; the caller may ask again
 */
export const standings = async (
  deps: StandingsDeps,
): Promise<readonly (Account & AccountStanding)[]> => {
  const heads = await headsAtOnce(deps);
  const accounts: Account[] = [];
  const found = new Map<string, StoredBalance>();
  for await (const page of deps.accounts.balances()) {
    accounts.push(...page.accounts);
    for (const balance of page.balances) found.set(placeOf(balance.key, balance.lane), balance);
  }
  // A balance may show a commit whose block cannot be read yet. When all heads were read again,
  // that commit is over and its block is in the journal.
  await headsAtOnce(deps);
  for (const head of heads) takeOff(found, await postedSince(head, deps));
  const byAccount = Map.groupBy(found.values(), ({ key }) => nameOf(key));
  return accounts.map((account) => {
    const lanes = byAccount.get(nameOf(account)) ?? [];
    return { ...account, ...standingOf(lanes.sort((a, b) => a.lane - b.lane)) };
  });
};
