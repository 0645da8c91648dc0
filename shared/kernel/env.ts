/** The one place that reads the environment. */

/** Names every variable that is missing or malformed. */
export class EnvError extends Error {
  override readonly name = 'EnvError';
  readonly code = 'ENV_INVALID';
}

type Reader<T> = (raw: string | undefined) => T | EnvFault;
interface EnvFault {
  readonly fault: string;
}

const isFault = (value: unknown): value is EnvFault =>
  typeof value === 'object' && value !== null && 'fault' in value;

/** A text that must not be empty. */
export const text: Reader<string> = (raw) => (raw ? raw : { fault: 'is missing' });

/** A text that may be missing or empty. */
export const anyText: Reader<string> = (raw) => raw ?? '';

/** A whole number from 1, in digits only. */
export const positiveInteger: Reader<number> = (raw) =>
  raw !== undefined && /^[1-9]\d{0,9}$/.test(raw)
    ? Number(raw)
    : { fault: raw === undefined ? 'is missing' : `must be a positive integer, got "${raw}"` };

/** A whole number from 0, in digits only. */
export const wholeNumber: Reader<number> = (raw) => (raw === '0' ? 0 : positiveInteger(raw));

/** A comma-separated list; a missing or empty variable is the empty list. */
export const list: Reader<readonly string[]> = (raw) =>
  (raw ?? '')
    .split(',')
    .map((item) => item.trim())
    .filter((item) => item !== '');

type Contract = Readonly<Record<string, readonly [name: string, reader: Reader<unknown>]>>;
type Values<C extends Contract> = {
  readonly [K in keyof C]: Exclude<ReturnType<C[K][1]>, EnvFault>;
};

/**
 * Reads the variables of a contract, each by its reader.
 * @throws EnvError ENV_INVALID with the names of all variables that are missing or malformed
 */
export const readEnv = <const C extends Contract>(
  contract: C,
  env: Readonly<Record<string, string | undefined>> = process.env,
): Values<C> => {
  const read = Object.entries(contract).map(
    ([key, [name, reader]]) => [key, name, reader(env[name])] as const,
  );
  const faults = read.flatMap(([, name, value]) =>
    isFault(value) ? [`${name} ${value.fault}`] : [],
  );
  if (faults.length > 0) throw new EnvError(`Environment: ${faults.join('; ')}`);
  return Object.fromEntries(read.map(([key, , value]) => [key, value])) as Values<C>;
};
