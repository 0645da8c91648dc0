/**
 * Money of an account that is not available in its home lane: what the account earned in other
 * lanes, and what holds keep after their time. The ledger makes this money available before it
 * answers that there is not enough.
 */
import { sha256 } from '#shared/kernel/json.ts';
import { mapPool } from '#shared/kernel/pool.ts';
import { nameOf } from '../core/book.ts';
import { answer, causeOf, totalOf } from '../core/compareRequests.ts';
import type { Account, AccountKey, Outcome, Transfer } from '../core/types.ts';
import type { Chart, ChartDeps } from './accounts.ts';
import { type BringHome, createBringHome } from './bringHome.ts';
import { endHold, type HoldDeps } from './holds.ts';
import type { Writer } from './writer.ts';

/** What {@link createFunds} needs. */
export type FundsDeps = HoldDeps & ChartDeps;

/** What an account should be able to pay, in minor units. */
export interface Need extends AccountKey {
  readonly amount: bigint;
}

/** Operations that use all money of an account. */
export interface Funds {
  /** Brings home all that an account earned in other lanes. */
  sweep(key: AccountKey, id: string): Promise<Outcome>;
  /**
   * Does the work. While an account lacks funds, its other money is made available, once for each
   * account, and the work is done again. When the money could not be made available, the outcome of
   * the work says why.
   */
  provided(
    id: string,
    work: () => Promise<readonly Outcome[]>,
    needOf: (outcomes: readonly Outcome[]) => Need | undefined,
  ): Promise<readonly Outcome[]>;
  /** Writes a set of transfers, all or none. Each payer pays with all its money. */
  write(id: string, transfers: readonly Transfer[]): Promise<readonly Outcome[]>;
}

const DUE_PAGE = 100;
const WIDTH = 8;

/** Ends holds of the account whose time is over. The timekeeper would do so within a minute. */
const endDue = async (account: Account, deps: FundsDeps): Promise<Outcome | undefined> => {
  for (;;) {
    const now = deps.clock.now();
    const due = await deps.holds.expired(account.lane, now, DUE_PAGE, account);
    const outcomes = await mapPool(due, WIDTH, ({ id }) =>
      endHold(id, 'expired', now + deps.patienceMs, deps),
    );
    const unclear = outcomes.find(({ code }) => code === 'unknown');
    if (unclear) return unclear;
    // The index may be a moment behind and name holds that have ended.
    const ended = outcomes.filter(({ code }) => code === 'created').length;
    if (due.length < DUE_PAGE || ended === 0) return undefined;
  }
};

/** What the first account needs that lacked funds for the set. */
const needIn =
  (transfers: readonly Transfer[]) =>
  (outcomes: readonly Outcome[]): Need | undefined => {
    const short = transfers[outcomes.findIndex(({ code }) => code === 'exceeds_credits')];
    const account = short?.moves[0]?.from;
    // A transfer that names its lane pays only from that lane.
    if (!short || account === undefined || short.lane !== undefined) return undefined;
    const amount = transfers
      .filter(({ unit, moves }) => unit === short.unit && moves[0]?.from === account)
      .reduce((sum, transfer) => sum + totalOf(transfer), 0n);
    return { unit: short.unit, account, amount };
  };

/** An outcome that lacks funds, with the reason why other money was not made available. */
const unsure = (outcome: Outcome, { code, detail = '' }: Outcome): Outcome => {
  if (outcome.code !== 'exceeds_credits') return outcome;
  const text = `${outcome.detail}; what it has elsewhere could not be brought home: ${code} ${detail}`;
  return { ...outcome, code: code === 'unknown' ? 'unknown' : outcome.code, detail: text.trim() };
};

/** Makes {@link Funds}. */
export const createFunds = (deps: FundsDeps, chart: Chart, writer: Writer): Funds => {
  const bringHome: BringHome = createBringHome(deps, chart, writer);

  const provide = async (need: Need, id: string): Promise<Outcome> => {
    const owner = await chart.known(need);
    if (!owner) return answer(id, 'account_not_found', need.account);
    return (await endDue(owner, deps)) ?? bringHome(owner, id, need.amount);
  };

  /** An id for a sweep that an operation needs. Each sweep needs another id. */
  const sweepId = (id: string): string =>
    `${sha256(`${id} ${deps.random.next()}`).slice(0, 16)}:sweep:${deps.clock.now()}`;

  const provided: Funds['provided'] = async (id, work, needOf) => {
    const provisions = new Map<string, Outcome>();
    let outcomes = await work();
    let need = needOf(outcomes);
    while (need && !provisions.has(nameOf(need))) {
      provisions.set(nameOf(need), await provide(need, sweepId(id)));
      // The work is done again also after a failure: another sweep may have brought the money home.
      outcomes = await work();
      need = needOf(outcomes);
    }
    const failure = need && causeOf([provisions.get(nameOf(need)) ?? answer(id, 'exists')]);
    return failure ? outcomes.map((outcome) => unsure(outcome, failure)) : outcomes;
  };

  return {
    sweep: async (key, id) => {
      const owner = await chart.known(key);
      return owner ? bringHome(owner, id) : answer(id, 'account_not_found', key.account);
    },
    provided,
    write: (id, transfers) =>
      provided(
        id,
        () => writer.write(transfers, deps.clock.now() + deps.patienceMs),
        needIn(transfers),
      ),
  };
};
