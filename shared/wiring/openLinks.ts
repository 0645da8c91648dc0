/** Signs signal URLs with the secret of the mesh. */
import { freshSecrets } from '#shared/jobs/callbacks/cachedSecrets.ts';
import { linkToken, type SignalLinks } from '#shared/jobs/signalUrls/link.ts';
import { LIMITS } from '#shared/kernel/limits.ts';
import { type Logger, systemClock } from '#shared/kernel/ports.ts';

/** Where signal URLs lead, and what signs them. */
export interface LinkOptions {
  /** Where the URLs begin; empty: there are none. */
  readonly url: string;
  /** ARN of the secret that signs them. */
  readonly secretId: string;
  readonly logger: Logger;
}

/** Signal URLs with a client of Secrets Manager of their own. */
export const openLinks = ({ url, secretId, logger }: LinkOptions): SignalLinks => {
  const secrets = freshSecrets({
    open: async () =>
      (await import('#shared/jobs/secretsManager/openSecrets.ts')).openSecrets(secretId),
    clock: systemClock,
    logger,
    freshMs: LIMITS.secretFreshMs,
  });
  return {
    sign: async (link) => {
      const [newest = ''] = await secrets.callback();
      return `${url}${linkToken(link, newest)}`;
    },
  };
};
