/** The stores of steps and signals, loaded with the first step: most jobs have none. */
import { deferred } from '#shared/kernel/deferred.ts';
import type { SignalStore } from '../ports/signals.ts';
import type { StepStore } from '../steps/kept.ts';
import { createJobStore, type StoreOptions } from './jobStore.ts';

/** As `createStepStore`. */
export const lazyStepStore = (options: StoreOptions): StepStore =>
  deferred(async () => (await import('./stepStores.ts')).createStepStore(options));

/** As `createSignalStore`. */
export const lazySignalStore = (options: StoreOptions): SignalStore =>
  deferred(async () =>
    (await import('./stepStores.ts')).createSignalStore(options, createJobStore(options)),
  );
