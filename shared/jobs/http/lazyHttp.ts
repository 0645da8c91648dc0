/** Outbound HTTP that costs nothing before the first request; most jobs make no request. */
import { deferred } from '#shared/kernel/deferred.ts';
import type { HttpClient } from '../ports/jobs.ts';
import type { HttpClientOptions } from './httpClient.ts';

/** The client of httpClient.ts, loaded by its first request. */
export const lazyHttp = (options: HttpClientOptions): HttpClient =>
  deferred(async () => {
    const { createHttpClient } = await import('./httpClient.ts');
    return createHttpClient(options);
  });
