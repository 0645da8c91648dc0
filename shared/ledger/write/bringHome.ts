/**
 * Moves what an account earned in other lanes to its home lane, each sum by two linked transfers.
 */
import { LIMITS } from '#shared/kernel/limits.ts';
import { answer, causeOf, derivedId } from '../core/compareRequests.ts';
import { type Account, availableOf, type Outcome, type Transfer } from '../core/types.ts';
import type { Chart, ChartDeps } from './accounts.ts';
import type { Writer } from './writer.ts';

/** The account for money between two lanes. Opened when a unit first needs it. */
const TRANSIT = 'sheratan:transit';
const TRIES_MAX = 5;

interface Move {
  readonly lane: number;
  readonly amount: bigint;
}

const smaller = (a: bigint, b: bigint): bigint => (a < b ? a : b);

/**
 * The moves that bring at least `missing` home, or all there is. Each move is within the limit of
 * one transfer. In minor units. @param missing absent: everything comes home
 */
export const movesHome = (
  abroad: readonly Move[],
  missing = abroad.reduce((sum, { amount }) => sum + amount, 0n),
): readonly Move[] => {
  const moves: Move[] = [];
  let open = missing;
  for (const { lane, amount: there } of abroad)
    for (let rest = there; rest > 0n && open > 0n; ) {
      const amount = smaller(rest, LIMITS.ledgerAmountMax);
      moves.push({ lane, amount });
      rest -= amount;
      open -= amount;
    }
  return moves;
};

/** A sweep that is running; `parts` counts its moves, so that each move has an id of its own. */
interface Sweep {
  readonly owner: Account;
  readonly id: string;
  /** Minor units that should be available in the home lane; absent: everything comes home. */
  readonly enough: bigint | undefined;
  /** By lane. */
  readonly parts: Map<number, number>;
}

/**
 * Brings money of an account home until `enough` (minor units) is available there; without
 * `enough`, all of it. The outcome is `exists` when there was nothing to move.
 */
export type BringHome = (owner: Account, id: string, enough?: bigint) => Promise<Outcome>;

/** Makes {@link BringHome}. It tries again when other sweeps have moved the same money. */
export const createBringHome = (deps: ChartDeps, chart: Chart, writer: Writer): BringHome => {
  const movesFor = async ({ owner, enough }: Sweep): Promise<readonly Move[]> => {
    const { lanes } = await chart.standing(owner);
    const amounts = lanes.map(({ lane, position }) => ({ lane, amount: availableOf(position) }));
    const home = amounts.find(({ lane }) => lane === owner.lane)?.amount ?? 0n;
    const abroad = amounts.filter(({ lane, amount }) => lane !== owner.lane && amount > 0n);
    return movesHome(abroad, enough === undefined ? undefined : enough - home);
  };

  const move = async (
    { owner, id, parts }: Sweep,
    { lane, amount }: Move,
  ): Promise<Outcome | undefined> => {
    const { unit, account, lane: home } = owner;
    const part = parts.get(lane) ?? 0;
    const name = (end: string) =>
      derivedId(id, part === 0 ? `${lane}:${end}` : `${lane}:${part}:${end}`);
    const pair: readonly Transfer[] = [
      { id: name('out'), unit, lane, moves: [{ from: account, to: TRANSIT, amount }] },
      { id: name('in'), unit, lane: home, moves: [{ from: TRANSIT, to: account, amount }] },
    ];
    parts.set(lane, part + 1);
    return causeOf(await writer.write(pair, deps.clock.now() + deps.patienceMs));
  };

  /** @returns the outcome of the first move that failed; undefined when all moves were made */
  const moveAll = async (sweep: Sweep, moves: readonly Move[]): Promise<Outcome | undefined> => {
    const transit = { unit: sweep.owner.unit, account: TRANSIT, guarded: false };
    const opened = causeOf([await chart.operations.openAccount(transit)]);
    if (opened) return opened;
    for (const each of moves) {
      const failed = await move(sweep, each);
      if (failed) return failed;
    }
    return undefined;
  };

  const once = async (sweep: Sweep): Promise<Outcome> => {
    const moves = await movesFor(sweep);
    if (moves.length === 0) return answer(sweep.id, sweep.parts.size > 0 ? 'created' : 'exists');
    const failed = await moveAll(sweep, moves);
    return failed ? { ...failed, id: sweep.id } : answer(sweep.id, 'created');
  };

  return async (owner, id, enough) => {
    const sweep: Sweep = { owner, id, enough, parts: new Map() };
    let outcome = await once(sweep);
    // Another sweep may have moved the same money at the same time.
    for (let tries = 1; tries < TRIES_MAX && outcome.code === 'exceeds_credits'; tries += 1)
      outcome = await once(sweep);
    return outcome;
  };
};
