/**
 * An allocator whose ledger is loaded with the first job that has a price: most cold starts never
 * have one.
 */

import type { HoldAllocator } from '#shared/billing/ports.ts';
import { deferred } from '#shared/kernel/deferred.ts';
import { systemClock, systemIds } from '#shared/kernel/ports.ts';
import type { SystemOptions } from './openLedger.ts';

const open = async (options: SystemOptions): Promise<HoldAllocator> => {
  const [{ openLedger }, { createHoldAllocator }] = await Promise.all([
    import('./openLedger.ts'),
    import('#shared/billing/holdAllocator.ts'),
  ]);
  const { ledger } = openLedger(options);
  return createHoldAllocator({ ledger, clock: systemClock, ids: systemIds });
};

/** As `createHoldAllocator`, but loads its code with the first price. */
export const lazyHoldAllocator = (options: SystemOptions): HoldAllocator =>
  deferred(() => open(options));
