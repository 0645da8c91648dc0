/** The port of recurring jobs; its adapter is in scheduler/. */
import type { Schedule } from './schedule.ts';

/** All schedules of a deployment. */
export interface Schedules {
  /** false when the name is used. */
  create(schedule: Schedule): Promise<boolean>;
  /** false when there is no schedule with the name. */
  replace(schedule: Schedule): Promise<boolean>;
  get(name: string): Promise<Schedule | undefined>;
  /** All schedules, sorted by name. */
  list(): Promise<readonly Schedule[]>;
  /** false when there was no schedule with the name. */
  remove(name: string): Promise<boolean>;
}
