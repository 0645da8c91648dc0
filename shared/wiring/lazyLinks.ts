/** Signal URLs, whose code and secret are loaded with the first of them. */
import { freshSecrets } from '#shared/jobs/callbacks/cachedSecrets.ts';
import type { SignalLinks } from '#shared/jobs/signalUrls/link.ts';
import { deferred } from '#shared/kernel/deferred.ts';
import { LIMITS } from '#shared/kernel/limits.ts';
import { type Logger, systemClock } from '#shared/kernel/ports.ts';

interface LinkOptions {
  /** Where the URLs begin; empty: there are none. */
  readonly url: string;
  /** ARN of the secret that signs them. */
  readonly secretId: string;
  readonly logger: Logger;
}

const open = async ({ url, secretId, logger }: LinkOptions): Promise<SignalLinks> => {
  const { linkToken } = await import('#shared/jobs/signalUrls/link.ts');
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

/** @returns undefined for a mesh without signal URLs */
export const lazyLinks = (options: LinkOptions): SignalLinks | undefined =>
  options.url === '' ? undefined : deferred(() => open(options));
