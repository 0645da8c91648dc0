/** Whether a request has the right shape, and whether a record is what was asked for before. */

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

export const answer = (id: string, code: Code, detail?: string): Outcome => ({
  id,
  code,
  ...(detail !== undefined && { detail }),
});

/** What an operation answers whose calls threw. A read that failed leaves the outcome unknown, as a write does. */
export const thrown = (id: string, error: unknown): Outcome =>
  answer(
    id,
    error instanceof StoreRefusedError ? 'store_refused' : 'unknown',
    error instanceof Error ? error.message : String(error),
  );

/** Why a set failed: not that others of it did. */
export const causeOf = (outcomes: readonly Outcome[]): Outcome | undefined => {
  const failed = outcomes.filter((outcome) => !isDone(outcome));
  return failed.find(({ code }) => code !== 'linked_failed') ?? failed[0];
};

/** The id of what follows from another; of a long one, its hash takes the place. */
export const derivedId = (id: string, what: string): string => {
  const name = `${id}:${what}`;
  return byteLength(name) <= LIMITS.ledgerIdBytesMax ? name : `${sha256(id)}:${what}`;
};

export const totalOf = ({ moves }: Pick<Transfer, 'moves'>): bigint =>
  moves.reduce((sum, { amount }) => sum + amount, 0n);

export const inRange = (amount: bigint): boolean => amount > 0n && amount <= LIMITS.ledgerAmountMax;

const sameMetadata = (a: Metadata = {}, b: Metadata = {}): boolean =>
  canonicalJson(a as Json) === canonicalJson(b as Json);

/** Whether a record can have that id, be it of before ids were looked at. */
export const mayBeId = (id: string): boolean =>
  id !== '' && byteLength(id) <= LIMITS.ledgerIdBytesMax;

const idFault = (id: string): string | undefined => {
  if (!mayBeId(id)) return `an id has 1 to ${LIMITS.ledgerIdBytesMax} bytes`;
  const fault = nameFault(id);
  return fault && `an id ${fault}`;
};

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

/** Whether a record of that id is this transfer: field by field, the first difference counts. */
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
