/** Separates requests that the table never takes from errors that pass. */
import { StoreDeniedError, StoreRefusedError } from '../core/errors.ts';

const PERMANENT = new Set([
  'ValidationException',
  'SerializationException',
  'ItemCollectionSizeLimitExceededException',
]);

/**
 * Runs a call to the table.
 * @throws StoreRefusedError LEDGER_STORE_REFUSED when the table refuses the content of the request
 * @throws StoreDeniedError LEDGER_STORE_DENIED when the caller has no right to the request
 * @throws what the call throws, otherwise
 */
export const asked = async <T>(call: () => Promise<T>): Promise<T> => {
  try {
    return await call();
  } catch (error) {
    if (error instanceof Error && error.name === 'AccessDeniedException')
      throw new StoreDeniedError(error.message, { cause: error });
    if (!(error instanceof Error && PERMANENT.has(error.name))) throw error;
    throw new StoreRefusedError(`the table refuses it: ${error.message}`, { cause: error });
  }
};
