/** Tells what the table never takes from what passes. */
import { StoreRefusedError } from '../core/errors.ts';

const PERMANENT = new Set([
  'ValidationException',
  'SerializationException',
  'ItemCollectionSizeLimitExceededException',
]);

/** @throws StoreRefusedError for a call that is refused for what it says; else what the call throws */
export const asked = async <T>(call: () => Promise<T>): Promise<T> => {
  try {
    return await call();
  } catch (error) {
    if (!(error instanceof Error && PERMANENT.has(error.name))) throw error;
    throw new StoreRefusedError(`the table refuses it: ${error.message}`, { cause: error });
  }
};
