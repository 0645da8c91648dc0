/** Time, ids and randomness enter as ports, so that rules are pure and tests are exact. */
export interface Clock {
  /** Milliseconds since the epoch. */
  now(): number;
}

export interface Ids {
  /** A fresh id, unique without coordination. */
  next(): string;
}

export interface Random {
  /** Uniform in [0, 1). */
  next(): number;
}

export interface Logger {
  debug(message: string, fields?: Readonly<Record<string, unknown>>): void;
  info(message: string, fields?: Readonly<Record<string, unknown>>): void;
  warn(message: string, fields?: Readonly<Record<string, unknown>>): void;
  error(message: string, fields?: Readonly<Record<string, unknown>>): void;
}

export const systemClock: Clock = { now: () => Date.now() };
export const systemIds: Ids = { next: () => globalThis.crypto.randomUUID() };
export const systemRandom: Random = { next: () => Math.random() };

/** @param ms in milliseconds */
export const systemSleep = (ms: number): Promise<void> =>
  new Promise((resolve) => setTimeout(resolve, ms));
