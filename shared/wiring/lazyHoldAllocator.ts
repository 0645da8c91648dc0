/** A purse whose ledger is loaded with the first job that costs something: most cold starts never do. */

import { dynamoClient } from '#shared/aws/clients.ts';
import type { Purse } from '#shared/billing/ports.ts';
import { deferred } from '#shared/kernel/deferred.ts';
import { systemClock, systemIds } from '#shared/kernel/ports.ts';
import type { SystemOptions } from './openLedger.ts';

const open = async (options: Omit<SystemOptions, 'client'>): Promise<Purse> => {
  const [{ openLedger }, { createPurse }] = await Promise.all([
    import('./openLedger.ts'),
    import('#shared/billing/holdAllocator.ts'),
  ]);
  const { ledger } = openLedger({ ...options, client: dynamoClient() });
  return createPurse({ ledger, clock: systemClock, ids: systemIds });
};

export const lazyPurse = (options: Omit<SystemOptions, 'client'>): Purse =>
  deferred(() => open(options));
