/** Numbers and times as people read them. */

const UNITS = ['', 'k', 'M', 'G'];

/** A short figure, such as `12.5k`; a dash for `undefined`. */
export const numberText = (value: number | undefined): string => {
  if (value === undefined) return '–';
  const size = Math.abs(value);
  if (size > 0 && size < 0.01) return value.toExponential(1);
  let step = 0;
  while (size / 1_000 ** step >= 10_000 && step < UNITS.length - 1) step += 1;
  const scaled = value / 1_000 ** step;
  const digits = Math.abs(scaled) >= 100 || Number.isInteger(scaled) ? 0 : size >= 10 ? 1 : 2;
  return `${scaled.toFixed(digits)}${UNITS[step] ?? ''}`;
};

/** The time of day with seconds, of ms since the epoch, in this machine's time zone. */
export const clock = (ms: number): string => new Date(ms).toLocaleTimeString('en-GB');

/** Date and time in UTC, of ms since the epoch. */
export const iso = (ms: number): string => new Date(ms).toISOString().replace('T', ' ');

/** How long ago a time was. Both times are ms since the epoch. */
export const ago = (ms: number, now = Date.now()): string => {
  const seconds = Math.max(0, Math.round((now - ms) / 1_000));
  if (seconds < 60) return `${seconds} s ago`;
  if (seconds < 3_600) return `${Math.floor(seconds / 60)} min ago`;
  return seconds < 86_400
    ? `${Math.floor(seconds / 3_600)} h ago`
    : `${Math.floor(seconds / 86_400)} d ago`;
};

/** A length of time in ms, as text. */
export const durationText = (ms: number): string => {
  if (ms < 1_000) return `${Math.round(ms)} ms`;
  if (ms < 120_000) return `${(ms / 1_000).toFixed(1)} s`;
  if (ms < 7_200_000) return `${Math.round(ms / 60_000)} min`;
  return ms < 172_800_000
    ? `${Math.round(ms / 3_600_000)} h`
    : `${Math.round(ms / 86_400_000)} days`;
};
