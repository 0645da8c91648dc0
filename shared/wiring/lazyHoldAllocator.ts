/** A allocator whose ledger is loaded with the first job that costs something: most cold starts never do. */

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

export const lazyHoldAllocator = (options: Omit<SystemOptions, 'client'>): HoldAllocator =>
  deferred(() => open(options));
