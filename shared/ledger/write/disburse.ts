/**
 * One account pays many. One transfer pays as many accounts as one transaction has room for. More
 * accounts are paid in parts. First the sum is held: the hold decides whether the disbursement
 * happens. After that each part is paid, also to an account that was closed since. A disbursement
 * that was cut short goes on when it is asked for again.
 */
import { chunksOf } from '#shared/kernel/batches.ts';
import { canonicalJson, sha256 } from '#shared/kernel/json.ts';
import { LIMITS } from '#shared/kernel/limits.ts';
import { answer, causeOf, compareTransfer, derivedId, totalOf } from '../core/compareRequests.ts';
import {
  type Hold,
  type HoldRequest,
  isDone,
  type Metadata,
  type Move,
  type Outcome,
  type Transfer,
} from '../core/types.ts';
import { TIME_MAX, transferFault } from '../core/validate.ts';
import type { Funds, FundsDeps } from './funds.ts';
import type { Writer } from './writer.ts';

/** One account pays many, in minor units. */
export interface Disbursement {
  readonly id: string;
  readonly unit: string;
  readonly from: string;
  readonly to: readonly Omit<Move, 'from'>[];
  readonly metadata?: Metadata;
}

interface DisburseParts {
  readonly writer: Writer;
  readonly funds: Funds;
  readonly hold: (request: HoldRequest) => Promise<Outcome>;
}

/**
 * One transaction has these items beside the balances of payees: transfer, payer, block and head.
 */
const AT_ONCE_MAX = LIMITS.ledgerItemsMax - 4;

/** Whether the hold is the hold of a disbursement in parts. */
export const isDisbursement = ({ metadata }: Hold): boolean =>
  metadata?.['disburses'] !== undefined;

/**
 * The hold of the whole sum. It has the id of the disbursement. The hash in its metadata covers
 * payees, amounts and metadata: another disbursement with the same id is found by it.
 */
const holdOf = (whole: Transfer): HoldRequest => {
  const { id, unit, moves, metadata = {} } = whole;
  const amounts = moves.map(({ to, amount }) => [to, String(amount)]);
  const content = canonicalJson({ metadata: { ...metadata }, amounts });
  return {
    id,
    unit,
    from: moves[0]?.from ?? '',
    amount: totalOf(whole),
    expiresAt: TIME_MAX,
    metadata: { disburses: sha256(content) },
  };
};

/** The id of a part of a disbursement. @param number of the part, from 1 */
export const partIdOf = (id: string, number: number): string => derivedId(id, `part:${number}`);

const partsOf = ({ id, unit, moves, metadata }: Transfer): readonly Transfer[] => {
  const chunks = chunksOf(moves, LIMITS.ledgerPartMax);
  return chunks.map((some, index) => ({
    id: partIdOf(id, index + 1),
    unit,
    moves: some,
    promised: true,
    hold: { id, final: index === chunks.length - 1 },
    ...(metadata && { metadata }),
  }));
};

/**
 * Makes `disburse`, whose outcome is for the disbursement as a whole. `unknown` may come after some
 * parts were paid: asking again with the same id pays the rest.
 */
export const createDisburse = (
  deps: FundsDeps,
  { writer, funds, hold }: DisburseParts,
): ((disbursement: Disbursement) => Promise<Outcome>) => {
  /** Why the disbursement may not begin; undefined when it may. */
  const refusal = async ({ id, unit, moves }: Transfer): Promise<Outcome | undefined> => {
    const names = [...new Set([moves[0]?.from ?? '', ...moves.map(({ to }) => to)])];
    const keys = names.map((account) => ({ unit, account }));
    const { accounts } = await deps.store.load({ accounts: keys });
    const byName = new Map(accounts.map((account) => [account.account, account]));
    const missing = names.find((name) => !byName.has(name));
    if (missing !== undefined) return answer(id, 'account_not_found', `${missing} (${unit})`);
    const closed = accounts.find((account) => account.closed);
    return closed && answer(id, 'account_closed', closed.account);
  };

  /** Places the hold. `done`: an earlier request has paid all parts. */
  const begin = async (whole: Transfer): Promise<Outcome | { readonly code: 'done' }> => {
    const { transfers, holds } = await deps.store.load({ records: [whole.id] });
    const [other] = transfers;
    if (other) return answer(whole.id, compareTransfer(other, whole));
    const [held] = holds;
    const outcome = (held ? undefined : await refusal(whole)) ?? (await hold(holdOf(whole)));
    return held?.state === 'posted' && outcome.code === 'exists' ? { code: 'done' } : outcome;
  };

  /**
   * The metadata of the hold differs where payees, amounts or metadata of the disbursement differ.
   */
  const asWhole = (outcome: Outcome): Outcome =>
    outcome.code === 'exists_with_different_metadata'
      ? answer(outcome.id, 'exists_with_different_to', 'other accounts, amounts or metadata')
      : outcome;

  const payParts = async (whole: Transfer): Promise<Outcome> => {
    const { id } = whole;
    let last: Outcome = answer(id, 'unknown');
    for (const part of partsOf(whole)) {
      const outcomes = await writer.write([part], deps.clock.now() + deps.patienceMs);
      const failed = causeOf(outcomes);
      if (failed) return answer(id, failed.code, `${part.id}: ${failed.detail ?? ''}`);
      last = outcomes[0] ?? last;
    }
    return answer(id, last.code);
  };

  const inParts = async (whole: Transfer): Promise<Outcome> => {
    const { id } = whole;
    const fault = transferFault(whole);
    if (fault) return fault;
    const begun = await begin(whole);
    if (begun.code === 'done') return answer(id, 'exists');
    return isDone(begun) ? payParts(whole) : asWhole(begun);
  };

  return async ({ from, to, ...rest }) => {
    const whole = { ...rest, moves: to.map((move) => ({ from, ...move })) };
    if (to.length > AT_ONCE_MAX) return inParts(whole);
    const [outcome] = await funds.write(rest.id, [whole]);
    return outcome ?? answer(rest.id, 'unknown');
  };
};
