/** What an account may be called. */
import { byteLength } from '#shared/kernel/json.ts';
import { LIMITS } from '#shared/kernel/limits.ts';
import { nameFault } from '#shared/kernel/names.ts';
import type { AccountKey } from './types.ts';

const isUnit = (unit: string): boolean => /^[A-Za-z0-9]{1,16}$/.test(unit);

/**
 * Why no account can be opened with this name; undefined when it can. Keys join unit and account
 * with "#", so a unit has no "#".
 */
export const accountFault = ({ unit, account }: AccountKey): string | undefined => {
  if (!isUnit(unit)) return `unit "${unit}": 1 to 16 letters or digits`;
  const bytes = byteLength(account);
  if (bytes < 1 || bytes > LIMITS.ledgerIdBytesMax)
    return `an account's name has 1 to ${LIMITS.ledgerIdBytesMax} bytes, not ${bytes}`;
  const fault = nameFault(account);
  return fault && `an account's name ${fault}`;
};

/**
 * Whether an account with this name can exist. This check is wider than {@link accountFault}:
 * accounts that were opened before names were checked still exist.
 */
export const mayExist = ({ unit, account }: AccountKey): boolean =>
  isUnit(unit) && byteLength(account) <= LIMITS.ledgerIdBytesMax;
