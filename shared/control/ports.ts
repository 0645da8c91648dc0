/** What the control rules need of the outside. */
import type { Control, ControlEvent } from './state.ts';

export interface ControlStore {
  get(): Promise<Control>;
  /** Writes the state and its event together; false when somebody else was faster. */
  put(next: Control, event: ControlEvent): Promise<boolean>;
  /** Newest first. */
  events(limit: number): Promise<readonly ControlEvent[]>;
}
