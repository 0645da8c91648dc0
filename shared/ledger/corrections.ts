/** Linked sets of a special kind: bringing earnings home, and taking transfers back. */
import { sha256 } from '#shared/kernel/json.ts';
import type { Chart, ChartDeps } from './chart.ts';
import { answer } from './compare.ts';
import { type AccountKey, availableOf, isDone, type Outcome, type Transfer } from './types.ts';
import type { Writer } from './writer.ts';

export interface Corrections {
  sweep(key: AccountKey, id: string): Promise<Outcome>;
  /** An id for one more sweep, on behalf of an operation. */
  sweepId(id: string): string;
  reverse(id: string): Promise<Outcome>;
}

/** Money on its way between lanes; made with the first account of its unit. */
const TRANSIT = 'sheratan:transit';

/** Each of its moves taken back, all or none. */
const reversalOf = ({ id, unit, moves }: Transfer, lane: number | undefined): readonly Transfer[] =>
  moves.map(({ from, to, amount }, index) => ({
    id: `${id}:reverse${index > 0 ? `:${index}` : ''}`,
    unit,
    moves: [{ from: to, to: from, amount }],
    reverses: id,
    ...(lane !== undefined && { lane }),
  }));

const createSweep =
  (deps: ChartDeps, chart: Chart, writer: Writer): Corrections['sweep'] =>
  async (key, id) => {
    const owner = await chart.known(key);
    if (!owner) return answer(id, 'account_not_found', key.account);
    const { unit, account: name } = key;
    await chart.operations.openAccount({ unit, account: TRANSIT, guarded: false });
    const { lanes: places } = await chart.standing(key);
    const abroad = places.filter(
      ({ lane, position }) => lane !== owner.lane && availableOf(position) > 0n,
    );
    for (const { lane, position } of abroad) {
      const amount = availableOf(position);
      const leave = { id: `${id}:${lane}:out`, unit, lane };
      const enter = { id: `${id}:${lane}:in`, unit, lane: owner.lane };
      const outcomes = await writer.write(
        [
          { ...leave, moves: [{ from: name, to: TRANSIT, amount }] },
          { ...enter, moves: [{ from: TRANSIT, to: name, amount }] },
        ],
        deps.clock.now() + deps.patienceMs,
      );
      const failed = outcomes.find((outcome) => !isDone(outcome));
      if (failed) return { ...failed, id };
    }
    return answer(id, abroad.length > 0 ? 'created' : 'exists');
  };

export const createCorrections = (deps: ChartDeps, chart: Chart, writer: Writer): Corrections => {
  const sweep = createSweep(deps, chart, writer);
  const sweepId = (id: string): string => `${sha256(id).slice(0, 16)}:sweep:${deps.clock.now()}`;

  const written = async (transfers: readonly Transfer[], id: string): Promise<Outcome> => {
    const outcomes = await writer.write(transfers, deps.clock.now() + deps.patienceMs);
    return (
      outcomes.find(({ code }) => code !== 'linked_failed' && !isDone({ code })) ??
      outcomes[0] ??
      answer(id, 'unknown')
    );
  };

  const reverse = async (id: string): Promise<Outcome> => {
    const { transfers } = await deps.store.load({ records: [id, `${id}:reverse`] });
    const original = transfers.find((transfer) => transfer.id === id);
    if (!original) return answer(id, 'transfer_not_found');
    if (transfers.length > 1) return answer(id, 'exists');
    const { unit, moves } = original;
    const payer = await chart.known({ unit, account: moves[0]?.from ?? '' });
    // What was earned is still where it was earned, or it has been brought home.
    const there = await written(reversalOf(original, original.lane ?? payer?.lane), id);
    if (there.code !== 'exceeds_credits') return there;
    for (const { to: account } of moves) await sweep({ unit, account }, sweepId(id));
    return written(reversalOf(original, undefined), id);
  };

  return { sweep, sweepId, reverse };
};
