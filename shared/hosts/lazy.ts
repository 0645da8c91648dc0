/** A dispatcher that is loaded with the first job for the mesh: most cold starts never have one. */
import { deferred } from '#shared/kernel/deferred.ts';
import type { Dispatcher } from './dispatchPorts.ts';
import type { DispatcherOptions } from './open.ts';

export const lazyDispatcher = (options: DispatcherOptions): Dispatcher =>
  deferred(async () => {
    const { openDispatcher } = await import('./open.ts');
    return openDispatcher(options);
  });
