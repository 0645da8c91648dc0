/** The ledger's operations. Each is idempotent by its id and answers with an outcome; see `Code`. */
import {
  type Chart,
  type ChartDeps,
  type ChartOperations,
  createChart,
  type Standing,
} from './chart.ts';
import { answer } from './compare.ts';
import { type Corrections, createCorrections } from './corrections.ts';
import { endHold, type HoldDeps, placeHolds } from './holds.ts';
import type { AccountKey, Hold, HoldRequest, Metadata, Move, Outcome, Transfer } from './types.ts';
import { createWriter } from './writer.ts';

export type LedgerDeps = HoldDeps & ChartDeps;

interface Payment {
  readonly id: string;
  readonly unit: string;
  readonly from: string;
  readonly to: string;
  readonly amount: bigint;
  readonly metadata?: Metadata;
}

interface Disbursement {
  readonly id: string;
  readonly unit: string;
  readonly from: string;
  readonly to: readonly Omit<Move, 'from'>[];
  readonly metadata?: Metadata;
}

interface Posting {
  readonly id: string;
  readonly hold: string;
  readonly to: readonly Omit<Move, 'from'>[];
  /** What is left of the hold goes back; the default. */
  readonly final?: boolean;
  readonly metadata?: Metadata;
}

export interface Ledger extends ChartOperations {
  transfer(payment: Payment): Promise<Outcome>;
  /** One account pays many, at once and in its own lane. */
  disburse(disbursement: Disbursement): Promise<Outcome>;
  /** All of them or none. */
  linked(payments: readonly Payment[]): Promise<readonly Outcome[]>;
  hold(request: HoldRequest): Promise<Outcome>;
  /** Of one account. */
  holdMany(requests: readonly HoldRequest[]): Promise<readonly Outcome[]>;
  post(posting: Posting): Promise<Outcome>;
  release(hold: string): Promise<Outcome>;
  expire(hold: string): Promise<Outcome>;
  /** Takes a transfer back: `<id>:reverse`. */
  reverse(id: string): Promise<Outcome>;
  /** Brings home what an account earned in other lanes. */
  sweep(key: AccountKey, id: string): Promise<Outcome>;
  balance(key: AccountKey): Promise<Standing>;
  find(id: string): Promise<Transfer | Hold | undefined>;
}

const transferOf = ({ id, unit, from, to, amount, metadata }: Payment): Transfer => ({
  ...{ id, unit, moves: [{ from, to, amount }] },
  ...(metadata && { metadata }),
});

const createHoldMany = (
  deps: LedgerDeps,
  chart: Chart,
  { sweep, sweepId }: Pick<Corrections, 'sweep' | 'sweepId'>,
): Ledger['holdMany'] => {
  const hold = async (requests: readonly HoldRequest[]): Promise<readonly Outcome[]> => {
    const [{ unit = '', from = '' } = {}] = requests;
    const payer = await chart.known({ unit, account: from });
    if (payer) return placeHolds(requests, payer, deps.clock.now() + deps.patienceMs, deps);
    return requests.map(({ id }) => answer(id, 'account_not_found', `${from} (${unit})`));
  };

  return async (requests) => {
    const [{ unit = '', from = '', id = '' } = {}] = requests;
    try {
      const outcomes = await hold(requests);
      if (!outcomes.some(({ code }) => code === 'exceeds_credits')) return outcomes;
      // Whoever brought it home, it is there now.
      await sweep({ unit, account: from }, sweepId(id));
      return await hold(requests);
    } catch (error) {
      deps.logger.warn('the ledger could not be reached', { id, error });
      return requests.map((request) => answer(request.id, 'unknown'));
    }
  };
};

export const createLedger = (deps: LedgerDeps): Ledger => {
  const { store, clock } = deps;
  const writer = createWriter(deps);
  const deadline = (): number => clock.now() + deps.patienceMs;
  const first = ([outcome]: readonly Outcome[], id: string): Outcome =>
    outcome ?? answer(id, 'unknown');
  const chart = createChart(deps);

  const { sweep, sweepId, reverse } = createCorrections(deps, chart, writer);

  /** What an account earned elsewhere is its own too: it is brought home before the answer is no. */
  const withSweep = async (
    key: AccountKey,
    id: string,
    work: () => Promise<Outcome>,
  ): Promise<Outcome> => {
    const outcome = await work();
    if (outcome.code !== 'exceeds_credits') return outcome;
    await sweep(key, sweepId(id));
    return work();
  };

  const holdMany = createHoldMany(deps, chart, { sweep, sweepId });

  const end = (id: string, as: 'released' | 'expired') => endHold(id, as, deadline(), deps);

  const transfer = (payment: Payment): Promise<Outcome> =>
    withSweep({ unit: payment.unit, account: payment.from }, payment.id, async () =>
      first(await writer.write([transferOf(payment)], deadline()), payment.id),
    );

  const post = async ({ id, hold: held, to, final = true, metadata }: Posting) => {
    const { holds } = await store.load({ records: [held] });
    const [hold] = holds;
    if (!hold) return answer(id, 'pending_not_found', held);
    const { unit, from } = hold;
    const moves = to.map((move) => ({ from, ...move }));
    const paidFrom = { id: held, final };
    const transfer = { id, unit, moves, hold: paidFrom, ...(metadata && { metadata }) };
    return writtenAlone(transfer);
  };

  const writtenAlone = async (transfer: Transfer): Promise<Outcome> =>
    first(await writer.write([transfer], deadline()), transfer.id);

  /** A read that failed leaves the outcome unknown, as a write does. */
  const told = async (id: string, work: Promise<Outcome>): Promise<Outcome> => {
    try {
      return await work;
    } catch (error) {
      deps.logger.warn('the ledger could not be reached', { id, error });
      return answer(id, 'unknown', error instanceof Error ? error.message : String(error));
    }
  };

  return {
    ...chart.operations,
    transfer: (payment) => told(payment.id, transfer(payment)),
    disburse: ({ from, to, ...rest }) => {
      const moves = to.map((move) => ({ from, ...move }));
      return told(rest.id, writtenAlone({ ...rest, moves }));
    },
    linked: (payments) => writer.write(payments.map(transferOf), deadline()),
    holdMany,
    hold: async (request) => first(await holdMany([request]), request.id),
    post: (posting) => told(posting.id, post(posting)),
    release: (id) => end(id, 'released'),
    expire: (id) => end(id, 'expired'),
    reverse: (id) => told(id, reverse(id)),
    sweep: (key, id) => told(id, sweep(key, id)),
    balance: chart.standing,
    find: async (id) => {
      const { transfers, holds } = await store.load({ records: [id] });
      return transfers[0] ?? holds[0];
    },
  };
};
