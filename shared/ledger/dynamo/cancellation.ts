/**
 * Reads why a transaction was cancelled, item by item. Contention is never an answer to a request.
 */
import {
  type CancellationReason,
  IdempotentParameterMismatchException,
  TransactionCanceledException,
  TransactionInProgressException,
} from '@aws-sdk/client-dynamodb';
import { StoreRefusedError } from '../core/errors.ts';
import { type Item, rawItem } from './ledgerItems.ts';

const BUSY = new Set([
  'TransactionConflict',
  'ThrottlingError',
  'ProvisionedThroughputExceeded',
  'RequestLimitExceeded',
]);

/** Reasons that will be the same when the request is sent again. */
const PERMANENT = new Set(['ValidationError', 'ItemCollectionSizeLimitExceeded']);

/** Why a transaction was not written. `busy`: it may be sent again as it is. */
export type Cancellation =
  | { readonly kind: 'busy' }
  /**
   * The items whose conditions failed, by index in the transaction, with the stored item if
   * returned.
   */
  | { readonly kind: 'failed'; readonly items: ReadonlyMap<number, Item | undefined> };

const failedOf = (reasons: readonly CancellationReason[]): ReadonlyMap<number, Item | undefined> =>
  new Map(
    reasons.flatMap(({ Code, Item }, index) =>
      Code === 'ConditionalCheckFailed' ? [[index, Item && rawItem(Item)] as const] : [],
    ),
  );

/**
 * Reads the error of a transaction.
 * @throws StoreRefusedError LEDGER_STORE_REFUSED when the table never takes an item
 * @throws the given error when it is neither contention nor a failed condition
 */
export const cancellationOf = (error: unknown): Cancellation => {
  if (error instanceof TransactionInProgressException) return { kind: 'busy' };
  // The transaction was written before, from another state: the table must be read again.
  if (error instanceof IdempotentParameterMismatchException)
    return { kind: 'failed', items: new Map() };
  if (!(error instanceof TransactionCanceledException)) throw error;
  const { CancellationReasons: reasons = [] } = error;
  const refused = reasons.find(({ Code = '' }) => PERMANENT.has(Code));
  if (refused) {
    const why = refused.Message ?? error.message;
    throw new StoreRefusedError(`the table refuses it: ${why}`, { cause: error });
  }
  if (reasons.some(({ Code = '' }) => BUSY.has(Code))) return { kind: 'busy' };
  const items = failedOf(reasons);
  if (items.size === 0) throw error;
  return { kind: 'failed', items };
};
