/** The stores of steps and signals, for those that load them late. */
export { createSignalStore } from './signalStore.ts';
export { createStepStore } from './stepStore.ts';
