/** A client that is loaded with the first request: most jobs make none. */
import { deferred } from '#shared/kernel/deferred.ts';
import type { HttpClient } from '../ports.ts';
import type { HttpClientOptions } from './client.ts';

export const lazyHttp = (options: HttpClientOptions): HttpClient =>
  deferred(async () => {
    const { createHttpClient } = await import('./client.ts');
    return createHttpClient(options);
  });
