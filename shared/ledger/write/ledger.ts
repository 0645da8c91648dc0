/** The operations of the ledger. Each is idempotent by its id and gives an outcome; see `Code`. */
import { answer, mayBeId, thrown } from '../core/compareRequests.ts';
import type {
  AccountKey,
  Hold,
  HoldRequest,
  Metadata,
  Move,
  Outcome,
  Transfer,
} from '../core/types.ts';
import { type AccountStanding, type Chart, type ChartOperations, createChart } from './accounts.ts';
import { createReverse } from './corrections.ts';
import { createDisburse, type Disbursement } from './disburse.ts';
import { createFunds, type Funds, type FundsDeps, type Need } from './funds.ts';
import { gatherHolds } from './gatherHolds.ts';
import { endHold, placeHolds } from './holds.ts';
import { createWriter } from './writer.ts';

/** What {@link createLedger} needs. */
export type LedgerDeps = FundsDeps;

interface Payment {
  readonly id: string;
  readonly unit: string;
  readonly from: string;
  readonly to: string;
  readonly amount: bigint;
  readonly metadata?: Metadata;
}

interface Posting {
  readonly id: string;
  readonly hold: string;
  readonly to: readonly Omit<Move, 'from'>[];
  /** The rest of the hold goes back. The default is true. */
  readonly final?: boolean;
  readonly metadata?: Metadata;
}

/**
 * The operations. Amounts are in minor units. Operations that move or hold money do not throw for
 * errors of the table: the outcome is then `unknown` or `store_refused`. Operations on accounts,
 * `balance` and `find` throw StoreRefusedError LEDGER_STORE_REFUSED, or the error of the table.
 */
export interface Ledger extends ChartOperations {
  transfer(payment: Payment): Promise<Outcome>;
  /**
   * One account pays many from its home lane. After `created` or `exists` all are paid. After
   * `unknown` some may be paid: asking again pays the rest. After a refusal none is paid.
   */
  disburse(disbursement: Disbursement): Promise<Outcome>;
  /** Makes all payments or none. */
  linked(payments: readonly Payment[]): Promise<readonly Outcome[]>;
  hold(request: HoldRequest): Promise<Outcome>;
  /**
   * Places holds. Holds of one account, or out of one hold, are placed together, in their order.
   */
  holdMany(requests: readonly HoldRequest[]): Promise<readonly Outcome[]>;
  /** Pays from a hold. */
  post(posting: Posting): Promise<Outcome>;
  /** Ends a hold; its rest goes back. */
  release(hold: string): Promise<Outcome>;
  /** As `release`, with the state `expired`. Does not check the time. */
  expire(hold: string): Promise<Outcome>;
  /** Takes back all that a transfer paid, or nothing. The reversal has the id `<id>:reverse`. */
  reverse(id: string): Promise<Outcome>;
  /** Brings home what an account earned in other lanes. */
  sweep(key: AccountKey, id: string): Promise<Outcome>;
  balance(key: AccountKey): Promise<AccountStanding>;
  find(id: string): Promise<Transfer | Hold | undefined>;
}

const transferOf = ({ id, unit, from, to, amount, metadata }: Payment): Transfer => ({
  id,
  unit,
  moves: [{ from, to, amount }],
  ...(metadata && { metadata }),
});

/** A key of the account or parent hold that the money comes from. */
const sourceOf = ({ unit, from, parent }: HoldRequest): string =>
  JSON.stringify([unit, from, parent ?? null]);

const createHoldMany = (deps: LedgerDeps, chart: Chart, funds: Funds): Ledger['holdMany'] => {
  const hold = async (requests: readonly HoldRequest[]): Promise<readonly Outcome[]> => {
    const [{ unit = '', from = '' } = {}] = requests;
    const payer = await chart.known({ unit, account: from });
    if (payer) return placeHolds(requests, payer, deps.clock.now() + deps.patienceMs, deps);
    return requests.map(({ id }) => answer(id, 'account_not_found', `${from} (${unit})`));
  };

  const needOf = (open: readonly HoldRequest[]): Need | undefined => {
    const [first] = open;
    const amount = open.reduce((sum, request) => sum + request.amount, 0n);
    return first && { unit: first.unit, account: first.from, amount };
  };

  const holdFunded = (requests: readonly HoldRequest[]): Promise<readonly Outcome[]> => {
    const outcomes: Outcome[] = [];
    /** Requests that are not asked yet, or lacked funds. Other outcomes are final. */
    const open = () =>
      [...requests.entries()].filter(([index]) => {
        const { code = 'exceeds_credits' } = outcomes[index] ?? {};
        return code === 'exceeds_credits';
      });
    const work = async (): Promise<readonly Outcome[]> => {
      const asked = open();
      const told = await hold(asked.map(([, request]) => request));
      for (const [at, [index, { id }]] of asked.entries())
        outcomes[index] = told[at] ?? answer(id, 'unknown');
      return outcomes;
    };
    const [{ id = '' } = {}] = requests;
    return funds.provided(id, work, () => needOf(open().map(([, request]) => request)));
  };

  const holdTogether = async (requests: readonly HoldRequest[]): Promise<readonly Outcome[]> => {
    try {
      return await holdFunded(requests);
    } catch (error) {
      deps.logger.warn('the ledger could not be reached', { id: requests[0]?.id, error });
      return requests.map((request) => thrown(request.id, error));
    }
  };

  return async (requests) => {
    const outcomes: Outcome[] = [];
    const bySource = Map.groupBy(requests.entries(), ([, request]) => sourceOf(request));
    for (const some of bySource.values()) {
      const told = await holdTogether(some.map(([, request]) => request));
      for (const [at, [index, { id }]] of some.entries())
        outcomes[index] = told[at] ?? answer(id, 'unknown');
    }
    return outcomes;
  };
};

/** Makes the operations. One instance writes each of its lanes one commit at a time. */
export const createLedger = (deps: LedgerDeps): Ledger => {
  const { store, clock } = deps;
  const writer = createWriter(deps);
  const deadline = (): number => clock.now() + deps.patienceMs;
  const first = ([outcome]: readonly Outcome[], id: string): Outcome =>
    outcome ?? answer(id, 'unknown');
  const chart = createChart(deps);
  const funds = createFunds(deps, chart, writer);
  const reverse = createReverse(deps, chart, { writer, funds });
  const holdMany = createHoldMany(deps, chart, funds);
  const hold = async (request: HoldRequest) => first(await holdMany([request]), request.id);
  const readHold = gatherHolds(store);
  const disburse = createDisburse(deps, { writer, funds, hold });

  const end = async (id: string, as: 'released' | 'expired'): Promise<Outcome> =>
    mayBeId(id) ? endHold(id, as, deadline(), deps) : answer(id, 'pending_not_found');

  const linked = (payments: readonly Payment[]): Promise<readonly Outcome[]> =>
    funds.write(payments[0]?.id ?? '', payments.map(transferOf));

  const post = async ({ id, hold: held, to, final = true, metadata }: Posting) => {
    if (!mayBeId(held)) return answer(id, 'pending_not_found');
    const found = await readHold(held);
    if (!found) return answer(id, 'pending_not_found', held);
    const { unit, from } = found;
    const moves = to.map((move) => ({ from, ...move }));
    const paidFrom = { id: held, final };
    const transfer = { id, unit, moves, hold: paidFrom, ...(metadata && { metadata }) };
    return first(await writer.write([transfer], deadline()), id);
  };

  const told = async (id: string, work: Promise<Outcome>): Promise<Outcome> => {
    try {
      return await work;
    } catch (error) {
      deps.logger.warn('the ledger could not be reached', { id, error });
      return thrown(id, error);
    }
  };

  /** After an error the outcome of each payment of the set is unknown. */
  const toldAll = async (payments: readonly Payment[]): Promise<readonly Outcome[]> => {
    try {
      return await linked(payments);
    } catch (error) {
      deps.logger.warn('the ledger could not be reached', { id: payments[0]?.id, error });
      return payments.map(({ id }) => thrown(id, error));
    }
  };

  return {
    ...chart.operations,
    transfer: async (payment) => first(await toldAll([payment]), payment.id),
    disburse: (disbursement) => told(disbursement.id, disburse(disbursement)),
    linked: toldAll,
    holdMany,
    hold,
    post: (posting) => told(posting.id, post(posting)),
    release: (id) => end(id, 'released'),
    expire: (id) => end(id, 'expired'),
    reverse: (id) => told(id, reverse(id)),
    sweep: (key, id) => told(id, funds.sweep(key, id)),
    balance: chart.balance,
    find: async (id) => {
      if (!mayBeId(id)) return undefined;
      const { transfers, holds } = await store.load({ records: [id] });
      return transfers[0] ?? holds[0];
    },
  };
};
