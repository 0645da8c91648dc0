/** Whether a request has the right shape, and whether a record is what was asked for before. */
import { byteLength, canonicalJson, type Json } from '#shared/kernel/json.ts';
import { LIMITS } from '#shared/kernel/limits.ts';
import type { Code, Hold, HoldRequest, Metadata, Outcome, Transfer } from './types.ts';

export const answer = (id: string, code: Code, detail?: string): Outcome => ({
  id,
  code,
  ...(detail !== undefined && { detail }),
});

export const totalOf = ({ moves }: Pick<Transfer, 'moves'>): bigint =>
  moves.reduce((sum, { amount }) => sum + amount, 0n);

export const inRange = (amount: bigint): boolean => amount > 0n && amount <= LIMITS.ledgerAmountMax;

const sameMetadata = (a: Metadata = {}, b: Metadata = {}): boolean =>
  canonicalJson(a as Json) === canonicalJson(b as Json);

export const shapeOf = (
  { id, metadata }: Pick<Transfer, 'id' | 'metadata'>,
  amounts: readonly bigint[],
): Outcome | undefined => {
  if (id === '' || byteLength(id) > LIMITS.ledgerIdBytesMax)
    return answer(id, 'id_invalid', `an id has 1 to ${LIMITS.ledgerIdBytesMax} bytes`);
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
  if (!sameHold || existing.reverses !== asked.reverses || existing.lane !== asked.lane)
    return 'exists_with_different_hold';
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
