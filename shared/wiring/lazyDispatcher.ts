/**
 * A dispatcher that is loaded with the first job for the hosts: most cold starts never have one.
 */

import type { Dispatcher } from '#shared/dispatch/ports.ts';
import { deferred } from '#shared/kernel/deferred.ts';
import type { DispatcherOptions } from './openDispatcher.ts';

/** As `openDispatcher`, but loads its code with the first task. */
export const lazyDispatcher = (options: DispatcherOptions): Dispatcher =>
  deferred(async () => {
    const { openDispatcher } = await import('./openDispatcher.ts');
    return openDispatcher(options);
  });
