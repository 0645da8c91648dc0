/** Places and ends holds. Holds are not journaled: they do not use the fence of a lane. */
import { doubled, fullJitter } from '#shared/kernel/backoff.ts';
import { chunksOf } from '#shared/kernel/batches.ts';
import { Book } from '../core/book.ts';
import { answer } from '../core/compareRequests.ts';
import { StoreDeniedError, StoreRefusedError } from '../core/errors.ts';
import { executeHold, executeRelease } from '../core/executeHold.ts';
import type { Account, Hold, HoldRequest, Outcome } from '../core/types.ts';
import { holdFault } from '../core/validate.ts';
import type { Found, HoldStore, LaneStore } from '../ports.ts';
import { type CommitDeps, lateText } from './commitGroup.ts';

/** What holds need. */
export interface HoldDeps extends CommitDeps {
  readonly store: LaneStore;
  readonly holds: HoldStore;
}

const BACKOFF_MS = { min: 5, max: 500 };

/** Holds of one transaction, which also has the balance. */
const TOGETHER_MAX = 50;

const late = (ids: readonly string[], fault: unknown): readonly Outcome[] =>
  ids.map((id) => answer(id, 'unknown', lateText(fault)));

/** Tries until there is an answer or the deadline (ms since the epoch) is over. */
const persist = async (
  ids: readonly string[],
  deadline: number,
  deps: HoldDeps,
  once: () => Promise<readonly Outcome[] | undefined>,
): Promise<readonly Outcome[]> => {
  let fault: unknown;
  for (let tries = 0; deps.clock.now() < deadline; tries += 1) {
    try {
      const outcomes = await once();
      if (outcomes) return outcomes;
    } catch (error) {
      deps.logger.warn('a hold failed', { ids: ids.slice(0, 5), error });
      if (error instanceof StoreRefusedError)
        return ids.map((id) => answer(id, 'store_refused', error.message));
      if (error instanceof StoreDeniedError)
        return ids.map((id) => answer(id, 'unknown', error.message));
      fault = error;
    }
    const backoff = doubled(BACKOFF_MS.min, tries, BACKOFF_MS.max);
    await deps.wait(fullJitter(backoff, deps.random));
  }
  return late(ids, fault);
};

const bookOf = ({ accounts, positions, transfers, holds }: Found): Book => {
  const book = new Book();
  for (const account of accounts) book.setAccount(account);
  for (const { key, lane, position } of positions) book.setPosition(key, lane, position);
  for (const transfer of transfers) book.setTransfer(transfer);
  for (const hold of holds) book.setHold(hold);
  return book;
};

const placed = (request: HoldRequest, { lane }: Account): Hold => ({
  ...request,
  state: 'pending',
  left: request.amount,
  lane,
});

/** Reads the current state and decides which holds may be placed. */
const judge = async (
  requests: readonly HoldRequest[],
  account: Account,
  deps: HoldDeps,
): Promise<readonly Outcome[]> => {
  const sound = requests.filter((request) => !holdFault(request));
  const parents = sound.flatMap(({ parent }) => parent ?? []);
  const found = await deps.store.load({
    accounts: [account],
    positions: [{ key: account, lane: account.lane }],
    records: [...sound.map(({ id }) => id), ...parents],
  });
  const book = bookOf(found);
  return requests.map((request) => executeHold(book, request, deps.clock.now()));
};

/** The outcome when the table does not refuse: only the request itself is checked. */
const guess = (request: HoldRequest): Outcome =>
  holdFault(request) ?? answer(request.id, 'created');

const placeTogether = (
  requests: readonly HoldRequest[],
  account: Account,
  deadline: number,
  deps: HoldDeps,
): Promise<readonly Outcome[]> => {
  const ids = requests.map(({ id }) => id);
  let outcomes: readonly Outcome[] = requests.map(guess);
  // A hold whose time is over may have been placed before: only the table tells.
  let isJudged = !requests.some(({ expiresAt }) => expiresAt <= deps.clock.now());
  return persist(ids, deadline, deps, async () => {
    if (!isJudged) outcomes = await judge(requests, account, deps);
    isJudged = true;
    const open = requests.filter((_, index) => outcomes[index]?.code === 'created');
    if (open.length === 0) return outcomes;
    const source = { guarded: account.guarded, now: deps.clock.now() };
    const holds = open.map((request) => placed(request, account));
    const { kind } = await deps.holds.place(holds, source);
    if (kind === 'done') return outcomes;
    if (kind === 'refused') {
      outcomes = await judge(requests, account, deps);
      // These refusals are found on current data and are final. The other holds are tried again.
      if (!outcomes.some(({ code }) => code === 'created')) return outcomes;
    }
    return undefined;
  });
};

/**
 * Places holds on one account, or out of one parent hold. In their order, as many are placed as
 * there is money for. A request that repeats an id is placed after the first request with that id,
 * and so compared with it. Does not throw for errors of the table: the outcome is then `unknown` or
 * `store_refused`.
 * @param deadline ms since the epoch
 */
export const placeHolds = async (
  requests: readonly HoldRequest[],
  account: Account,
  deadline: number,
  deps: HoldDeps,
): Promise<readonly Outcome[]> => {
  const outcomes: Outcome[] = [];
  let open = [...requests.entries()];
  while (open.length > 0) {
    const ids = new Set<string>();
    const isFirst = new Set(open.filter(([, { id }]) => ids.size < ids.add(id).size));
    for (const some of chunksOf([...isFirst], TOGETHER_MAX)) {
      const asked = some.map(([, request]) => request);
      const told = await placeTogether(asked, account, deadline, deps);
      for (const [at, [index, { id }]] of some.entries())
        outcomes[index] = told[at] ?? answer(id, 'unknown');
    }
    open = open.filter((each) => !isFirst.has(each));
  }
  return outcomes;
};

/**
 * Ends a hold without a transfer. The rest of the hold goes back. Does not throw for errors of the
 * table: the outcome is then `unknown` or `store_refused`.
 * @param deadline ms since the epoch
 */
export const endHold = async (
  id: string,
  as: 'released' | 'expired',
  deadline: number,
  deps: HoldDeps,
): Promise<Outcome> => {
  const [outcome = answer(id, 'unknown')] = await persist([id], deadline, deps, async () => {
    const found = await deps.store.load({ records: [id] });
    const [hold] = found.holds;
    const verdict = executeRelease(bookOf(found), id, as);
    if (!hold || verdict.code !== 'created') return [verdict];
    const { kind } = await deps.holds.end(hold, as);
    return kind === 'done' ? [verdict] : undefined;
  });
  return outcome;
};
