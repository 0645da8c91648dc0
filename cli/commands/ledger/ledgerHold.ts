/** `ledger hold`: a hold for some seconds from now. */

import type { HoldRequest, Outcome } from '#shared/ledger/core/types.ts';
import type { Ledger } from '#shared/ledger/write/ledger.ts';
import type { ExitCode } from '../../errors.ts';
import { type LedgerCommandOptions, operate } from './ledger.ts';

export interface HoldOptions extends LedgerCommandOptions {
  readonly seconds: number;
}

type Asked = Omit<HoldRequest, 'expiresAt' | 'unit'>;

/**
 * A repeated request for the same number of seconds gives the existing hold, and its end stays. The
 * hold's metadata has the seconds that were asked for.
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

/** Places a hold. The same request again changes nothing. */
export const placeHold = (asked: Asked, options: HoldOptions): Promise<ExitCode> =>
  operate(options, ({ ledger, clock }) => place(asked, options, ledger.ledger, clock.now()));
