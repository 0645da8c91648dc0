/** `ledger hold`: a promise for so long from now on. */

import type { HoldRequest, Outcome } from '#shared/ledger/core/types.ts';
import type { Ledger } from '#shared/ledger/write/ledger.ts';
import type { ExitCode } from '../errors.ts';
import { type LedgerOptions, operate } from './ledger.ts';

export interface HoldOptions extends LedgerOptions {
  readonly seconds: number;
}

type Asked = Omit<HoldRequest, 'expiresAt' | 'unit'>;

/**
 * Asked for again, for as long, it is the hold that was placed: its end stays. How long it was asked
 * for is told by its metadata.
 */
const place = async (
  asked: Asked,
  { unit, seconds }: HoldOptions,
  ledger: Pick<Ledger, 'hold' | 'find'>,
  now: number,
): Promise<Outcome> => {
  const request = { ...asked, unit, metadata: { seconds: String(seconds) } };
  const outcome = await ledger.hold({ ...request, expiresAt: now + seconds * 1_000 });
  if (outcome.code !== 'exists_with_different_expiry') return outcome;
  const found = await ledger.find(asked.id);
  const isSame = found?.metadata?.['seconds'] === request.metadata.seconds;
  return found && 'expiresAt' in found && isSame
    ? ledger.hold({ ...request, expiresAt: found.expiresAt })
    : outcome;
};

export const placeHold = (asked: Asked, options: HoldOptions): Promise<ExitCode> =>
  operate(options, ({ ledger, clock }) => place(asked, options, ledger.ledger, clock.now()));
