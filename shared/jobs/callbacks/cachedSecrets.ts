/** Caches the signing secrets for minutes: a rotation is seen later, and an outage does no harm. */
import { kept } from '#shared/kernel/deferred.ts';
import type { Clock, Logger } from '#shared/kernel/ports.ts';
import type { Secrets } from '../ports/jobs.ts';

interface FreshOptions {
  /** Opens the secrets, before the first read; again after it failed. */
  readonly open: () => Promise<Pick<Secrets, 'callback'>>;
  readonly clock: Clock;
  readonly logger: Logger;
  /** How long one read is used, in ms. */
  readonly freshMs: number;
}

/**
 * Secrets with a cache. When they cannot be read, the last read counts; before the first read,
 * `callback` rejects with the error.
 */
export const freshSecrets = ({
  open,
  clock,
  logger,
  freshMs,
}: FreshOptions): Pick<Secrets, 'callback'> => {
  const opened = kept(open);
  let known: readonly string[] | undefined;
  let readAt = Number.NEGATIVE_INFINITY;
  return {
    callback: async () => {
      if (known && clock.now() - readAt < freshMs) return known;
      try {
        known = await (await opened()).callback();
        readAt = clock.now();
      } catch (error) {
        if (known === undefined) throw error;
        // An old secret still works: receivers also accept the secret before the current one.
        logger.warn('callback secret not read; the last one counts', { error });
      }
      return known;
    },
  };
};
