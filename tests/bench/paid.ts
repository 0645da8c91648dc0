/** What a price adds to a job: its hold by the worker, its posting by the settler, its statement. */

import { chargeOf } from '#shared/billing/charge.ts';
import { createHoldAllocator } from '#shared/billing/holdAllocator.ts';
import { settleCharge } from '#shared/billing/settleCharge.ts';
import { LEDGER_ACCOUNTS } from '#shared/contracts/ledger.ts';
import { processBatch } from '#shared/jobs/worker/processBatch.ts';
import { systemClock, systemIds } from '#shared/kernel/ports.ts';
import { createEntryStore } from '#shared/ledger/dynamo/entryStore.ts';
import { createLedgerReader } from '#shared/ledger/dynamo/ledgerReader.ts';
import { sweepLanes } from '#shared/ledger/read/projectEntries.ts';
import { startLedger, UNIT } from '../support/ledger.ts';
import { countDynamo } from './counts.ts';
import { deliveriesOf, openWorker, SIZE } from './price.ts';

const PAYER = 'ada';
const FUNDS = 1_000_000n;
const LANES = 16;

/** By job, beside what a plain job asks for. */
export interface PaidJob {
  /** Write units of the hold and of the posting. */
  readonly writeUnits: number;
  /** Write units of the entries of statements, which the snapshotter writes. */
  readonly entryUnits: number;
  readonly requests: number;
  readonly queueRequests: number;
}

/**
 * Runs jobs that cost something, in batches of ten: as the worker holds, as the relay hands the
 * charges on, as the settler settles a batch of them at once, as the snapshotter writes it out.
 *
 * @param warmUp batches before the count begins: a payer's allowance grows with what it pays
 */
export const measurePaidJobs = async (batches: number, warmUp: number): Promise<PaidJob> => {
  const world = await openWorker();
  const { deps, counts, queueUrl, endpoint, close } = world;
  const test = await startLedger(endpoint, LANES);
  await test.open({ [PAYER]: FUNDS, [LEDGER_ACCOUNTS.worker]: 0n, [LEDGER_ACCOUNTS.operator]: 0n });
  const worker = createHoldAllocator({ ledger: test.ledger, clock: systemClock, ids: systemIds });
  // The settler is a process of its own: it does not know what the worker remembers.
  const settler = test.another();
  const ledgerCounts = { ...counts };
  countDynamo(test.options.client, ledgerCounts);
  const jobs = batches * SIZE;
  const stores = {
    store: test.store,
    reader: createLedgerReader(test.options),
    entries: createEntryStore(test.options),
  };
  for (let batch = 0; batch < warmUp + batches; batch += 1) {
    if (batch === warmUp) {
      await sweepLanes(LANES, stores);
      Object.assign(ledgerCounts, { dynamo: 0, units: 0 });
    }
    const deliveries = deliveriesOf(batch, SIZE, queueUrl, {
      cost: { payer: PAYER, unit: UNIT, amount: 5 },
    });
    await processBatch(deliveries, 'bench', () => 900_000, { ...deps, allocator: worker });
    const ended = await Promise.all(deliveries.map(({ messageId }) => deps.store.get(messageId)));
    const charges = ended.flatMap((record) => (record ? (chargeOf(record) ?? []) : []));
    if (charges.length !== SIZE) throw new Error('a job of the bench was not paid');
    await Promise.all(charges.map((charge) => settleCharge(charge, settler)));
  }
  const { dynamo: requests, units } = { ...ledgerCounts };
  Object.assign(ledgerCounts, { units: 0 });
  await sweepLanes(LANES, stores);
  const entryUnits = ledgerCounts.units;
  await close();
  return {
    writeUnits: units / jobs,
    entryUnits: entryUnits / jobs,
    requests: requests / jobs,
    // One message a charge, sent by tens; received and deleted by tens.
    queueRequests: 3 / SIZE,
  };
};
