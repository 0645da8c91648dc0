/** Reads why a transaction was cancelled, item by item: contention is never a business answer. */

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

/** Sent again it is refused again. */
const PERMANENT = new Set(['ValidationError', 'ItemCollectionSizeLimitExceeded']);

export type Cancellation =
  | { readonly kind: 'busy' }
  /** Positions of the items whose conditions did not hold, with what is there. */
  | { readonly kind: 'failed'; readonly items: ReadonlyMap<number, Item | undefined> };

const failedOf = (reasons: readonly CancellationReason[]): ReadonlyMap<number, Item | undefined> =>
  new Map(
    reasons.flatMap(({ Code, Item }, index) =>
      Code === 'ConditionalCheckFailed' ? [[index, Item && rawItem(Item)] as const] : [],
    ),
  );

/** @throws StoreRefusedError for what the table never takes; else what is neither contention nor a failed condition */
export const cancellationOf = (error: unknown): Cancellation => {
  if (error instanceof TransactionInProgressException) return { kind: 'busy' };
  // It has been carried out already, from another state: what is there now decides.
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
