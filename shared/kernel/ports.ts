/** Ports for time, ids and randomness: with them, rules are pure and tests are exact. */
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

/** The clock of the machine. */
export const systemClock: Clock = { now: () => Date.now() };
/** Random UUIDs (version 4). */
export const systemIds: Ids = { next: () => globalThis.crypto.randomUUID() };
/** Not for secrets. */
export const systemRandom: Random = { next: () => Math.random() };

/** Resolves after `ms` milliseconds. */
export const systemSleep = (ms: number): Promise<void> =>
  new Promise((resolve) => setTimeout(resolve, ms));
