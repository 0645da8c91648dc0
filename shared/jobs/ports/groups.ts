/** What keeping places in groups needs of the outside. */

/** A group of which the table holds a part. */
export interface GroupHalt {
  /** The last job that it took over: whoever is not, waits for that. */
  readonly last: string;
  /** The one before it, if that had not ended. */
  readonly before?: string;
  /** ms since the epoch. */
  readonly since: number;
}

export interface GroupHalts {
  get(priority: string, group: string): Promise<GroupHalt | undefined>;
  /** false when it is not as it was `seen` any more. Done twice it is done once. */
  put(
    priority: string,
    group: string,
    seen: GroupHalt | undefined,
    next: GroupHalt,
  ): Promise<boolean>;
  /** Unless it is not as it was `seen` any more. */
  remove(priority: string, group: string, seen: GroupHalt): Promise<void>;
  /** Has every worker look for holds, at least until then; ms since the epoch. */
  announce(until: number): Promise<void>;
}
