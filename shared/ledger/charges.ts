/** What the end of a job means for the ledger: pure. */
import { chargeIdOf, holdIdOf } from '#shared/jobs/cost.ts';
import type { JobRecord } from '#shared/jobs/record.ts';
import type { Charge } from './settle.ts';

/** undefined for a job that costs nothing. */
export const chargeOf = (record: JobRecord): Charge | undefined => {
  const { cost, settlement, status } = record;
  if (!cost) return undefined;
  const id = chargeIdOf(record);
  const { payer, unit, amount } = cost;
  const charge = { id, hold: holdIdOf(id), unit, payer, amount: BigInt(amount) };
  if (status !== 'COMPLETED' || !settlement) return charge;
  const { hold, amount: price = amount, ...due } = settlement;
  // What nothing is paid for was not drawn from an allowance either.
  return price === '0' ? charge : { ...charge, hold, amount: BigInt(price), due };
};
