/** A client that is loaded with the first request: most jobs make none. */
import type { HttpClient } from '../ports.ts';
import type { HttpClientOptions } from './client.ts';

export const lazyHttp = (options: HttpClientOptions): HttpClient => {
  let opened: Promise<HttpClient> | undefined;
  const open = (): Promise<HttpClient> => {
    opened ??= import('./client.ts').then(({ createHttpClient }) => createHttpClient(options));
    opened.catch(() => {
      opened = undefined;
    });
    return opened;
  };
  return { request: async (input) => (await open()).request(input) };
};
