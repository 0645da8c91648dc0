/** Secrets are read at most every few minutes: a rotation is seen that late, an outage not at all. */
import type { Clock, Logger } from '#shared/kernel/ports.ts';
import type { Secrets } from '../ports/jobs.ts';

interface FreshOptions {
  /** Called once at the first use, and again when that failed. */
  readonly open: () => Promise<Pick<Secrets, 'callback'>>;
  readonly clock: Clock;
  readonly logger: Logger;
  /** For how long a read counts, in ms. */
  readonly freshMs: number;
}

export const freshSecrets = ({
  open,
  clock,
  logger,
  freshMs,
}: FreshOptions): Pick<Secrets, 'callback'> => {
  let known: readonly string[] | undefined;
  let readAt = Number.NEGATIVE_INFINITY;
  return {
    callback: async () => {
      if (known && clock.now() - readAt < freshMs) return known;
      try {
        known = await (await open()).callback();
        readAt = clock.now();
      } catch (error) {
        if (known === undefined) throw error;
        // Receivers accept the secret before the current one as well.
        logger.warn('callback secret not read; the last one counts', { error });
      }
      return known;
    },
  };
};
