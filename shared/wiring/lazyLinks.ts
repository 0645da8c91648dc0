/** Signal URLs, whose code is loaded with the first of them. */
import type { SignalLinks } from '#shared/jobs/signalUrls/link.ts';
import { deferred } from '#shared/kernel/deferred.ts';
import type { LinkOptions } from './openLinks.ts';

/** As `openLinks`; undefined for a mesh without signal URLs. */
export const lazyLinks = (options: LinkOptions): SignalLinks | undefined =>
  options.url === ''
    ? undefined
    : deferred(async () => (await import('./openLinks.ts')).openLinks(options));
