/** A client that is loaded with the first request: most jobs make none. */
import { deferred } from '#shared/kernel/deferred.ts';
import type { HttpClient } from '../ports/jobs.ts';
import type { HttpClientOptions } from './httpClient.ts';

export const lazyHttp = (options: HttpClientOptions): HttpClient =>
  deferred(async () => {
    const { createHttpClient } = await import('./httpClient.ts');
    return createHttpClient(options);
  });
