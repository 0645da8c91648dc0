/** What recurring jobs need of the outside; the adapter is in scheduler/. */
import type { Schedule } from './schedule.ts';

export interface Schedules {
  /** false when there is one of that name. Done twice it is done once. */
  create(schedule: Schedule): Promise<boolean>;
  /** false when there is none of that name. */
  replace(schedule: Schedule): Promise<boolean>;
  get(name: string): Promise<Schedule | undefined>;
  /** All of them, by name. */
  list(): Promise<readonly Schedule[]>;
  /** false when there was none. */
  remove(name: string): Promise<boolean>;
}
