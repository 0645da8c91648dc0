/** What the end of a job means for the ledger: pure. */
import { chargeIdOf, drawOf, heldAmountOf, holdIdOf, type Priced, sharedOf } from './jobCost.ts';
import type { Charge } from './settleCharge.ts';

/**
 * The charge of a job that has ended; undefined for a job that costs nothing. Without `due`,
 * nothing is paid and the hold goes back: so for a job that did not complete, or owes nothing.
 */
export const chargeOf = (record: Priced): Charge | undefined => {
  const { cost, settlement, status } = record;
  if (!cost) return undefined;
  const id = chargeIdOf(record);
  const { payer, unit } = cost;
  const charge = { id, unit, payer, amount: heldAmountOf(cost) };
  if (status !== 'COMPLETED' || !settlement) {
    const draw = drawOf(record);
    return { ...charge, hold: holdIdOf(record), ...(draw && { draw }) };
  }
  const { hold, amount: own, ...due } = settlement;
  if (own === undefined) return { ...charge, hold, due };
  const shared = sharedOf(settlement);
  // A job that owes nothing took nothing from an allowance: its own hold goes back, if it has one.
  if (own === '0' && shared === 0n) return { ...charge, hold: holdIdOf(record) };
  return { ...charge, hold, amount: BigInt(own) + shared, due };
};
