/**
 * An allocator whose ledger is loaded with the first job that has a price: most cold starts never
 * have one.
 */

import { dynamoClient } from '#shared/aws/clients.ts';
import type { HoldAllocator } from '#shared/billing/ports.ts';
import { deferred } from '#shared/kernel/deferred.ts';
import { systemClock, systemIds } from '#shared/kernel/ports.ts';
import type { SystemOptions } from './openLedger.ts';

const open = async (options: Omit<SystemOptions, 'client'>): Promise<HoldAllocator> => {
  const [{ openLedger }, { createHoldAllocator }] = await Promise.all([
    import('./openLedger.ts'),
    import('#shared/billing/holdAllocator.ts'),
  ]);
  const { ledger } = openLedger({ ...options, client: dynamoClient() });
  return createHoldAllocator({ ledger, clock: systemClock, ids: systemIds });
};

/** As `createHoldAllocator`, but loads its code with the first price. */
export const lazyHoldAllocator = (options: Omit<SystemOptions, 'client'>): HoldAllocator =>
  deferred(() => open(options));
