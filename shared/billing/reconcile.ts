/**
 * Compares the ledger with the jobs. A ledger that was restored from a backup lacks what was posted
 * after the backup, and nobody sends these charges again. They follow from the records of the jobs
 * that have ended. Each charge is settled by its id, and so once. A Jobs table that was restored
 * lacks runs that were paid.
 */
import { mapPool } from '#shared/kernel/pool.ts';
import { type Block, entriesOf } from '#shared/ledger/core/blocks.ts';
import { totalOf } from '#shared/ledger/core/compareRequests.ts';
import { isDone, type Outcome } from '#shared/ledger/core/types.ts';
import type { LedgerReader, StoredRecord } from '#shared/ledger/ports.ts';
import type { Ledger } from '#shared/ledger/write/ledger.ts';
import { chargeOf } from './charge.ts';
import { chargeIdIn, chargeIdOf, type Priced } from './jobCost.ts';
import { type Charge, ownAmountOf, settleCharge } from './settleCharge.ts';

/** A job that has ended and whose charge is not settled. */
export interface Unsettled {
  readonly job: string;
  /** ms since the epoch. */
  readonly endedAt: number;
  readonly charge: Charge;
  /**
   * `unpaid`: the charge was not posted. `held`: nothing is owed, but the hold is still pending.
   */
  readonly is: 'unpaid' | 'held';
}

/** A payment for a run that no record of a completed job has. */
export interface Unaccounted {
  /** The id of the transfer. A charge may take several transfers. */
  readonly transfer: string;
  readonly unit: string;
  readonly payer: string;
  /** Minor units. */
  readonly amount: bigint;
  /** ms since the epoch. */
  readonly at: number;
}

/** What {@link reconcile} found. */
export interface Reconciled {
  /** In the order in which the jobs ended. */
  readonly unsettled: readonly Unsettled[];
  readonly unaccounted: readonly Unaccounted[];
}

/** What {@link reconcile} reads. */
export interface ReconcileDeps {
  readonly jobs: AsyncIterable<readonly Priced[]>;
  readonly reader: Pick<LedgerReader, 'records' | 'blocks'>;
  readonly lanes: number;
  /** Payments from this time on are compared, ms since the epoch; absent: no payment is. */
  readonly since?: number | undefined;
}

const WIDTH = 16;

const isPending = (record: StoredRecord | undefined): boolean =>
  record !== undefined && 'hold' in record && record.hold.state === 'pending';

const openness = (
  charge: Charge,
  found: ReadonlyMap<string, StoredRecord>,
): Unsettled['is'] | undefined => {
  const { id, hold, due, draw } = charge;
  if (due && ownAmountOf(charge) > 0n) return found.has(id) ? undefined : 'unpaid';
  if (due && !due.final) return undefined;
  // A price that was never taken out of the parent's hold is still in that hold.
  const kept = found.get(hold) ?? (draw && found.get(draw.of));
  return isPending(kept) ? 'held' : undefined;
};

const unsettledOf = async (
  jobs: readonly Priced[],
  reader: ReconcileDeps['reader'],
): Promise<readonly Unsettled[]> => {
  const charged = jobs.flatMap((job) => {
    const charge = chargeOf(job);
    return charge ? [{ job: job.id, endedAt: job.updatedAt, charge }] : [];
  });
  const ids = charged.flatMap(({ charge: { id, hold, draw } }) => [
    id,
    hold,
    ...(draw ? [draw.of] : []),
  ]);
  const records = await reader.records([...new Set(ids)]);
  const found = new Map(records.map((record) => [record.id, record]));
  return charged.flatMap((each) => {
    const is = openness(each.charge, found);
    return is ? [{ ...each, is }] : [];
  });
};

const unaccountedIn = async (
  since: number,
  known: ReadonlySet<string>,
  { reader, lanes }: ReconcileDeps,
): Promise<readonly Unaccounted[]> => {
  const paid: Unaccounted[] = [];
  const takenBack = new Set<string>();
  const look = ({ at, text }: Block): void => {
    for (const { transfer } of entriesOf({ text })) {
      const { id, unit, moves, metadata, reverses } = transfer;
      if (reverses !== undefined) takenBack.add(reverses);
      const charge = chargeIdIn(id);
      if (charge === undefined || known.has(charge)) continue;
      const payer = metadata?.['payer'] ?? moves[0]?.from ?? '';
      paid.push({ transfer: id, unit, payer, amount: totalOf(transfer), at });
    }
  };
  for (let lane = 0; lane < lanes; lane += 1)
    for await (const blocks of reader.blocks(lane, 0))
      for (const block of blocks) if (block.at >= since) look(block);
  return paid.filter(({ transfer }) => !takenBack.has(transfer)).sort((a, b) => a.at - b.at);
};

/**
 * Finds charges that are not settled, and payments without a job. Changes nothing. The charge of a
 * job that ended a moment ago may still be in the queue: when it is settled here, too, it is
 * settled once.
 */
export const reconcile = async (deps: ReconcileDeps): Promise<Reconciled> => {
  const { jobs, reader, since } = deps;
  const unsettled: Unsettled[] = [];
  const known = new Set<string>();
  for await (const page of jobs) {
    unsettled.push(...(await unsettledOf(page, reader)));
    if (since !== undefined)
      for (const job of page) if (job.status === 'COMPLETED') known.add(chargeIdOf(job));
  }
  unsettled.sort((a, b) => a.endedAt - b.endedAt);
  const unaccounted = since === undefined ? [] : await unaccountedIn(since, known, deps);
  return { unsettled, unaccounted };
};

/**
 * Settles the charges again. @returns the outcomes that are not done: a person must look at them
 */
export const settleAgain = async (
  unsettled: readonly Unsettled[],
  ledger: Ledger,
): Promise<readonly Outcome[]> => {
  const outcomes = await mapPool(unsettled, WIDTH, ({ charge }) => settleCharge(charge, ledger));
  return outcomes.filter((outcome) => !isDone(outcome));
};
