/**
 * How accounts stand, all of them as of one moment. Each lane is seen as of its head at that moment:
 * what was posted between it and the reading of a balance is taken off again.
 */
import type { Random } from '#shared/kernel/ports.ts';
import { type Entry, entriesOf, type Head } from '../core/blocks.ts';
import { nameOf, placeOf } from '../core/book.ts';
import type { Account, Draw, Leg, Position } from '../core/types.ts';
import type { AccountStore, LaneStore, LedgerReader, StoredBalance } from '../ports.ts';
import { type Standing, standingOf } from '../write/accounts.ts';

export interface StandingsDeps {
  readonly store: Pick<LaneStore, 'heads'>;
  readonly reader: Pick<LedgerReader, 'blocks'>;
  readonly accounts: Pick<AccountStore, 'balances'>;
  readonly lanes: number;
  readonly random: Random;
  readonly wait: (ms: number) => Promise<void>;
}

/** Lanes went on, time after time, while all of them were looked at. */
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

/** The position as it was before the leg; one that it does not have yet is not taken off. */
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

const legsOf = ({ transfer, legs, draw }: Entry, lane: number): readonly Posted[] =>
  legs.map((leg) => ({
    place: placeOf({ unit: transfer.unit, account: leg.account }, lane),
    leg,
    draw: leg.account === transfer.moves[0]?.from ? draw : undefined,
  }));

/** In the order in which it was posted. */
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
 * All that is posted sums to 0 in each unit. Holds are not journaled: they are as they were when each
 * balance was read.
 * @throws LedgerBusyError
 */
export const standings = async (deps: StandingsDeps): Promise<readonly (Account & Standing)[]> => {
  const heads = await headsAtOnce(deps);
  const accounts: Account[] = [];
  const found = new Map<string, StoredBalance>();
  for await (const page of deps.accounts.balances()) {
    accounts.push(...page.accounts);
    for (const balance of page.balances) found.set(placeOf(balance.key, balance.lane), balance);
  }
  // Whatever a balance showed is in the journal by then.
  await headsAtOnce(deps);
  for (const head of heads) takeOff(found, await postedSince(head, deps));
  const byAccount = Map.groupBy(found.values(), ({ key }) => nameOf(key));
  return accounts.map((account) => {
    const lanes = byAccount.get(nameOf(account)) ?? [];
    return { ...account, ...standingOf(lanes.sort((a, b) => a.lane - b.lane)) };
  });
};
