/** What the end of a job means for the ledger: pure. */
import { chargeIdOf, drawOf, holdIdOf, type Priced, sharedOf } from './jobCost.ts';
import type { Charge } from './settleCharge.ts';

/** undefined for a job that costs nothing. */
export const chargeOf = (record: Priced): Charge | undefined => {
  const { cost, settlement, status } = record;
  if (!cost) return undefined;
  const id = chargeIdOf(record);
  const { payer, unit, amount } = cost;
  const charge = { id, unit, payer, amount: BigInt(amount) };
  if (status !== 'COMPLETED' || !settlement) {
    const draw = drawOf(record);
    return { ...charge, hold: holdIdOf(record), ...(draw && { draw }) };
  }
  const { hold, amount: own, ...due } = settlement;
  if (own === undefined) return { ...charge, hold, due };
  const shared = sharedOf(settlement);
  // What nothing is paid for was not drawn from an allowance either.
  if (own === '0' && shared === 0n) return { ...charge, hold: holdIdOf(record) };
  return { ...charge, hold, amount: BigInt(own) + shared, due };
};
