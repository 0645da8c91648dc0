/**
 * Keeps the addresses of names for some time: a run asks the resolver once per name, and survives
 * its faults.
 */
import type { Resolve } from '#shared/kernel/addresses.ts';
import { LIMITS } from '#shared/kernel/limits.ts';
import type { Clock } from '#shared/kernel/ports.ts';

type Addresses = Awaited<ReturnType<Resolve>>;

const isGone = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && error.code === 'ENOTFOUND';

/** The new addresses; the old ones when the resolver takes too long. */
const inTime = async (pending: Promise<Addresses>, before: Addresses): Promise<Addresses> => {
  const { promise, resolve } = Promise.withResolvers<Addresses>();
  const timer = setTimeout(() => resolve(before), LIMITS.dnsPatienceMs);
  try {
    return await Promise.race([pending, promise]);
  } finally {
    clearTimeout(timer);
  }
};

/**
 * A resolver that keeps its answers. When the resolver fails or is slow, it gives the old
 * addresses, except for a name that no longer exists.
 */
export const keepNames = (resolve: Resolve, clock: Clock): Resolve => {
  const kept = new Map<string, { readonly addresses: Addresses; readonly until: number }>();
  const asked = new Map<string, Promise<Addresses>>();

  const ask = async (name: string): Promise<Addresses> => {
    try {
      const addresses = await resolve(name);
      kept.delete(name);
      kept.set(name, { addresses, until: clock.now() + LIMITS.dnsFreshMs });
      const [oldest] = kept.keys();
      if (kept.size > LIMITS.dnsNamesMax && oldest !== undefined) kept.delete(oldest);
      return addresses;
    } catch (error) {
      const before = kept.get(name);
      // "No such name" is an answer, not a fault.
      if (before && !isGone(error)) return before.addresses;
      kept.delete(name);
      throw error;
    } finally {
      asked.delete(name);
    }
  };

  return (name) => {
    const known = kept.get(name);
    if (known && clock.now() < known.until) return Promise.resolve(known.addresses);
    const pending = asked.get(name) ?? ask(name);
    asked.set(name, pending);
    return known ? inTime(pending, known.addresses) : pending;
  };
};
