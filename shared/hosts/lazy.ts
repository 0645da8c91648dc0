/** A dispatcher that is loaded with the first job for the mesh: most cold starts never have one. */
import type { Dispatcher } from './dispatchPorts.ts';
import type { DispatcherOptions } from './open.ts';

/** One for all, opened at the first use; a failed opening is tried again at the next. */
export const lazyDispatcher = (options: DispatcherOptions): Dispatcher => {
  let opened: Promise<Dispatcher> | undefined;
  const open = (): Promise<Dispatcher> => {
    opened ??= import('./open.ts').then(({ openDispatcher }) => openDispatcher(options));
    opened.catch(() => {
      opened = undefined;
    });
    return opened;
  };
  return { run: async (...args) => (await open()).run(...args) };
};
