/** Checks the shape of a request, and compares a request with the record that has its id. */

import { byteLength, canonicalJson, type Json, sha256 } from '#shared/kernel/json.ts';
import { LIMITS } from '#shared/kernel/limits.ts';
import { nameFault } from '#shared/kernel/names.ts';
import { StoreRefusedError } from './errors.ts';
import {
  type Code,
  type Hold,
  type HoldRequest,
  isDone,
  type Metadata,
  type Outcome,
  type Transfer,
} from './types.ts';

/** An outcome; `detail` is for people. */
export const answer = (id: string, code: Code, detail?: string): Outcome => ({
  id,
  code,
  ...(detail !== undefined && { detail }),
});

/**
 * The outcome of an operation that threw. After a failed read the outcome is unknown, as after a
 * failed write.
 */
export const thrown = (id: string, error: unknown): Outcome =>
  answer(
    id,
    error instanceof StoreRefusedError ? 'store_refused' : 'unknown',
    error instanceof Error ? error.message : String(error),
  );

/** The outcome that made a set fail; undefined when none failed. `linked_failed` is no cause. */
export const causeOf = (outcomes: readonly Outcome[]): Outcome | undefined => {
  const failed = outcomes.filter((outcome) => !isDone(outcome));
  return failed.find(({ code }) => code !== 'linked_failed') ?? failed[0];
};

/** An id that follows from another id. A hash replaces `id` where the result would be too long. */
export const derivedId = (id: string, what: string): string => {
  const name = `${id}:${what}`;
  return byteLength(name) <= LIMITS.ledgerIdBytesMax ? name : `${sha256(id)}:${what}`;
};

/** The sum of the moves, in minor units. */
export const totalOf = ({ moves }: Pick<Transfer, 'moves'>): bigint =>
  moves.reduce((sum, { amount }) => sum + amount, 0n);

/** Whether an amount in minor units is from 1 to `ledgerAmountMax`. */
export const inRange = (amount: bigint): boolean => amount > 0n && amount <= LIMITS.ledgerAmountMax;

const sameMetadata = (a: Metadata = {}, b: Metadata = {}): boolean =>
  canonicalJson(a as Json) === canonicalJson(b as Json);

/** Whether a record can have this id. Old records may have ids that new requests may not. */
export const mayBeId = (id: string): boolean =>
  id !== '' && byteLength(id) <= LIMITS.ledgerIdBytesMax;

const idFault = (id: string): string | undefined => {
  if (!mayBeId(id)) return `an id has 1 to ${LIMITS.ledgerIdBytesMax} bytes`;
  const fault = nameFault(id);
  return fault && `an id ${fault}`;
};

/** What is wrong with id, amounts or metadata, without a look at the book; undefined for nothing. */
export const shapeOf = (
  { id, metadata }: Pick<Transfer, 'id' | 'metadata'>,
  amounts: readonly bigint[],
): Outcome | undefined => {
  const fault = idFault(id);
  if (fault) return answer(id, 'id_invalid', fault);
  const odd = amounts.find((amount) => !inRange(amount));
  if (amounts.length === 0 || odd !== undefined)
    return answer(id, 'amount_out_of_range', `${odd ?? 'none'}; 1 to ${LIMITS.ledgerAmountMax}`);
  const bytes = metadata ? byteLength(canonicalJson(metadata as Json)) : 0;
  return bytes > LIMITS.ledgerMetadataBytesMax
    ? answer(id, 'metadata_too_large', `${bytes} bytes of ${LIMITS.ledgerMetadataBytesMax}`)
    : undefined;
};

/** Compares a record with a transfer that has the same id: `exists`, or the first difference. */
export const compareTransfer = (existing: Transfer, asked: Transfer): Code => {
  if (existing.unit !== asked.unit) return 'exists_with_different_unit';
  const [a, b] = [existing.moves, asked.moves];
  if (a[0]?.from !== b[0]?.from) return 'exists_with_different_from';
  if (a.length !== b.length || a.some(({ to }, index) => to !== b[index]?.to))
    return 'exists_with_different_to';
  if (a.some(({ amount }, index) => amount !== b[index]?.amount))
    return 'exists_with_different_amount';
  const sameHold =
    existing.hold?.id === asked.hold?.id && existing.hold?.final === asked.hold?.final;
  if (!sameHold || existing.lane !== asked.lane) return 'exists_with_different_hold';
  if (existing.reverses !== asked.reverses) return 'exists_with_different_reversal';
  return sameMetadata(existing.metadata, asked.metadata)
    ? 'exists'
    : 'exists_with_different_metadata';
};

/** Compares a record with a hold that has the same id: `exists`, or the first difference. */
export const compareHold = (existing: Hold, asked: HoldRequest): Code => {
  if (existing.unit !== asked.unit) return 'exists_with_different_unit';
  if (existing.from !== asked.from) return 'exists_with_different_from';
  if (existing.amount !== asked.amount) return 'exists_with_different_amount';
  if (existing.parent !== asked.parent) return 'exists_with_different_hold';
  if (existing.expiresAt !== asked.expiresAt) return 'exists_with_different_expiry';
  return sameMetadata(existing.metadata, asked.metadata)
    ? 'exists'
    : 'exists_with_different_metadata';
};
