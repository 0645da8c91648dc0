/** Ports of places in groups. */

/** The hold of a group: the table keeps some jobs of the group. */
export interface GroupHalt {
  /** The last job that the table took over. Jobs that the table does not keep wait for this job. */
  readonly last: string;
  /** The job before `last`, if it had not ended. */
  readonly before?: string;
  /** ms since the epoch. */
  readonly since: number;
}

/** The holds of groups. */
export interface GroupHalts {
  get(priority: string, group: string): Promise<GroupHalt | undefined>;
  /** Writes a hold; false when the hold is no longer as it was `seen`. Safe to repeat. */
  put(
    priority: string,
    group: string,
    seen: GroupHalt | undefined,
    next: GroupHalt,
  ): Promise<boolean>;
  /** Removes a hold; does nothing when the hold is no longer as it was `seen`. */
  remove(priority: string, group: string, seen: GroupHalt): Promise<void>;
  /** Makes every worker look for holds at least until `until`, ms since the epoch. */
  announce(until: number): Promise<void>;
}
