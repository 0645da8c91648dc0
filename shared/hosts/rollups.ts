/** Uptime of hosts: probes and passes by hour and by day, and their sums. */

export interface Counts {
  readonly probes: number;
  readonly passes: number;
}

/** A whole hour or day, in UTC. */
export interface Rollup {
  /** Start, ms since the epoch. */
  readonly at: number;
  /** Counts by the host's number within its shard. */
  readonly counts: ReadonlyMap<number, Counts>;
}

/** Rollups whose start is between two times, ms since the epoch; without the end. */
export interface Rollups {
  hours(shard: string, from: number, to: number): Promise<readonly Rollup[]>;
  days(shard: string, from: number, to: number): Promise<readonly Rollup[]>;
}

const HOUR_MS = 3_600_000;
export const DAY_MS = 86_400_000;

/** Start of the hour, in UTC; ms since the epoch. */
export const hourOf = (at: number): number => Math.floor(at / HOUR_MS) * HOUR_MS;
/** Start of the day, in UTC; ms since the epoch. */
export const dayOf = (at: number): number => Math.floor(at / DAY_MS) * DAY_MS;

export interface Measured {
  readonly days: readonly Rollup[];
  readonly hours: readonly Rollup[];
  /** The hour under way, as the state has it at `at`. */
  readonly current?: Counts & { readonly at: number };
}

/** The sums of all rollups, by host number. */
export const sumOf = (rollups: readonly Rollup[]): ReadonlyMap<number, Counts> => {
  const sums = new Map<number, Counts>();
  for (const { counts } of rollups)
    for (const [number, { probes, passes }] of counts) {
      const sum = sums.get(number) ?? { probes: 0, passes: 0 };
      sums.set(number, { probes: sum.probes + probes, passes: sum.passes + passes });
    }
  return sums;
};

/**
 * The counts since `from`, in ms since the epoch. Each hour counts once, whether its day has been
 * summed up or not: a day replaces its hours.
 */
export const countsSince = (
  number: number,
  { days, hours, current }: Measured,
  from: number,
): Counts => {
  const summed = new Set(days.map(({ at }) => at));
  const loose = hours.filter(({ at }) => !summed.has(dayOf(at)));
  const isOver =
    current !== undefined &&
    (summed.has(dayOf(current.at)) || loose.some(({ at }) => at === hourOf(current.at)));
  const counted = [...days, ...loose].flatMap(({ at, counts }) => {
    const of = counts.get(number);
    return of && at >= from ? [of] : [];
  });
  if (current && !isOver && hourOf(current.at) >= from) counted.push(current);
  return counted.reduce<Counts>(
    (sum, { probes, passes }) => ({ probes: sum.probes + probes, passes: sum.passes + passes }),
    { probes: 0, passes: 0 },
  );
};

/** The counts of each hour or day that began since `from`, the oldest first. */
export const stripOf = (
  number: number,
  { days, hours, current }: Measured,
  span: 'hour' | 'day',
  from: number,
  now: number,
): readonly (Counts & { readonly at: number })[] => {
  const [stepMs, beginAt] = span === 'hour' ? [HOUR_MS, hourOf] : [DAY_MS, dayOf];
  const first = beginAt(from);
  const length = Math.floor((now - first) / stepMs) + 1;
  return Array.from({ length: Math.max(0, length) }, (_, index) => {
    const at = first + index * stepMs;
    const within = (each: { readonly at: number }) => beginAt(each.at) === at;
    const measured = {
      days: span === 'day' ? days.filter(within) : [],
      hours: hours.filter(within),
      ...(current && within(current) && { current }),
    };
    return { at, ...countsSince(number, measured, at) };
  });
};

export const WINDOWS = ['day', '30 days', '365 days'] as const;
export type Window = (typeof WINDOWS)[number];

/**
 * Start of a window: the last 24 hours, or the last 30 or 365 days with today. The hour or day
 * under way is included.
 */
export const beginOf = (window: Window, now: number): number => {
  if (window === 'day') return hourOf(now) - 23 * HOUR_MS;
  return dayOf(now) - ((window === '30 days' ? 30 : 365) - 1) * DAY_MS;
};

export type Uptime = Readonly<Record<Window, Counts>>;

/**
 * The counts of a host for each window.
 *
 * @param now ms since the epoch
 */
export const uptimeOf = (number: number, measured: Measured, now: number): Uptime => {
  // The last 24 hours begin within yesterday, so yesterday's sum would be too much.
  const byHour = { ...measured, days: [] };
  return {
    day: countsSince(number, byHour, beginOf('day', now)),
    '30 days': countsSince(number, measured, beginOf('30 days', now)),
    '365 days': countsSince(number, measured, beginOf('365 days', now)),
  };
};

/** The rollups that all windows need. Yesterday's sum may be late, so its hours are read, too. */
export const measuredOf = async (
  shard: string,
  rollups: Rollups,
  now: number,
): Promise<Pick<Measured, 'days' | 'hours'>> => {
  const [days, hours] = await Promise.all([
    rollups.days(shard, beginOf('365 days', now), dayOf(now)),
    rollups.hours(shard, dayOf(now) - DAY_MS, now),
  ]);
  return { days, hours };
};
