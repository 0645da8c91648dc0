/** Ports of the control rules. */
import type { Control, ControlEvent } from './state.ts';

export interface ControlStore {
  get(): Promise<Control>;
  /** Writes the state and its event together; false when another writer was faster. */
  put(next: Control, event: ControlEvent): Promise<boolean>;
  /** The newest events, newest first. */
  events(limit: number): Promise<readonly ControlEvent[]>;
}
