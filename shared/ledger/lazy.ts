/** A purse whose ledger is loaded with the first job that costs something: most cold starts never do. */
import type { Purse } from '#shared/jobs/money.ts';
import { deferred } from '#shared/kernel/deferred.ts';
import { systemClock, systemIds } from '#shared/kernel/ports.ts';
import { dynamoClient } from '#shared/runtime/clients.ts';
import type { SystemOptions } from './system.ts';

const open = async (options: Omit<SystemOptions, 'client'>): Promise<Purse> => {
  const [{ openLedger }, { createPurse }] = await Promise.all([
    import('./system.ts'),
    import('./purse.ts'),
  ]);
  const { ledger } = openLedger({ ...options, client: dynamoClient() });
  return createPurse({ ledger, clock: systemClock, ids: systemIds });
};

export const lazyPurse = (options: Omit<SystemOptions, 'client'>): Purse =>
  deferred(() => open(options));
