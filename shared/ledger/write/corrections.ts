/** Takes transfers back. Each reversal is one linked set of transfers. */
import { answer, causeOf, compareTransfer, derivedId, mayBeId } from '../core/compareRequests.ts';
import type { Outcome, Transfer } from '../core/types.ts';
import type { Chart } from './accounts.ts';
import { isDisbursement, partIdOf } from './disburse.ts';
import type { Funds, FundsDeps } from './funds.ts';
import type { Writer } from './writer.ts';

const DAMAGED =
  'its record cannot be read: "sheratan ledger repair --yes" makes it again from the journal';

/** The linked set that takes back each move of a transfer. */
const reversalOf = ({ id, unit, moves }: Transfer, lane?: number): readonly Transfer[] =>
  moves.map(({ from, to, amount }, index) => ({
    id: derivedId(id, index > 0 ? `reverse:${index}` : 'reverse'),
    unit,
    moves: [{ from: to, to: from, amount }],
    reverses: id,
    ...(lane !== undefined && { lane }),
  }));

/**
 * Makes `reverse`: takes back all that a transfer paid, or nothing. A disbursement in parts is
 * refused: each part is taken back by its own id.
 */
export const createReverse = (
  deps: FundsDeps,
  chart: Chart,
  { writer, funds }: { readonly writer: Writer; readonly funds: Funds },
): ((id: string) => Promise<Outcome>) => {
  /** The outcome when records have the ids of the reversal already; undefined when none has. */
  const takenBy = async (reversal: readonly Transfer[], id: string) => {
    const ids = reversal.map((transfer) => transfer.id);
    const { transfers, holds } = await deps.store.load({ records: ids });
    const [hold] = holds;
    if (hold) return answer(hold.id, 'exists_with_different_type', `the hold ${hold.id}`);
    const other = transfers.find(({ reverses }) => reverses !== id);
    if (!other) return transfers.length > 0 ? answer(id, 'exists') : undefined;
    const wanted = reversal.find((transfer) => transfer.id === other.id) ?? other;
    return answer(other.id, compareTransfer(other, wanted), `takes nothing of ${id} back`);
  };

  const takeBack = async (original: Transfer): Promise<Outcome> => {
    const { id, unit, moves } = original;
    const payer = await chart.known({ unit, account: moves[0]?.from ?? '' });
    // The payee may still have the money in the lane of the transfer, or may have brought it home.
    const lane = original.lane ?? payer?.lane;
    const deadline = deps.clock.now() + deps.patienceMs;
    let outcomes = await writer.write(reversalOf(original, lane), deadline);
    if (causeOf(outcomes)?.code === 'exceeds_credits')
      outcomes = await funds.write(id, reversalOf(original));
    return causeOf(outcomes) ?? outcomes[0] ?? answer(id, 'unknown');
  };

  return async (id) => {
    if (!mayBeId(id)) return answer(id, 'transfer_not_found');
    const { transfers, holds } = await deps.store.load({ records: [id] });
    const [original] = transfers;
    if (holds.some(isDisbursement)) {
      const text = `it was paid in parts: take each back, ${partIdOf(id, 1)} and so on`;
      return answer(id, 'set_too_large', text);
    }
    if (!original) return answer(id, 'transfer_not_found');
    if (original.moves.length === 0) return answer(id, 'transfer_not_found', DAMAGED);
    return (await takenBy(reversalOf(original), id)) ?? takeBack(original);
  };
};
