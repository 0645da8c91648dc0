/**
 * The ledger against the jobs. A ledger that was restored has forgotten what was posted since, and
 * nobody sends it again: what it owes follows from the records of the jobs that have ended, and is
 * settled by its own id, so once. Jobs that were restored have forgotten runs that were paid.
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

export interface Unsettled {
  readonly job: string;
  /** ms since the epoch. */
  readonly endedAt: number;
  readonly charge: Charge;
  /** `held`: nothing is owed, but its hold still keeps the money. */
  readonly is: 'unpaid' | 'held';
}

/** Paid, for a run that no record of a completed job tells of. */
export interface Unaccounted {
  /** One charge may take several. */
  readonly transfer: string;
  readonly unit: string;
  readonly payer: string;
  readonly amount: bigint;
  /** ms since the epoch. */
  readonly at: number;
}

export interface Reconciled {
  /** In the order in which the jobs ended. */
  readonly unsettled: readonly Unsettled[];
  readonly unaccounted: readonly Unaccounted[];
}

export interface ReconcileDeps {
  readonly jobs: AsyncIterable<readonly Priced[]>;
  readonly reader: Pick<LedgerReader, 'records' | 'blocks'>;
  readonly lanes: number;
  /** Payments before it are not looked at, ms since the epoch; absent: none is. */
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
  // What was never taken out of the parent's hold is still in it.
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

/** Changes nothing. What ended a moment ago may still be on its way, and is settled once all the same. */
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

/** @returns the outcomes that need a person */
export const settleAgain = async (
  unsettled: readonly Unsettled[],
  ledger: Ledger,
): Promise<readonly Outcome[]> => {
  const outcomes = await mapPool(unsettled, WIDTH, ({ charge }) => settleCharge(charge, ledger));
  return outcomes.filter((outcome) => !isDone(outcome));
};
