/** What a reader types into the search field, and the words of the address that it stands for. */
import type { Words } from '../words.ts';

/** The fields that can be typed as `name:value`. */
const FIELDS = ['kind', 'source', 'group', 'mission', 'task', 'host', 'error', 'since'] as const;

const UNITS_MS: Readonly<Record<string, number>> = {
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
};

/** `2h` is a time two hours ago, in ms since the epoch; a date is itself. */
const timeText = (text: string, now: number): string | undefined => {
  const [, count, unit = ''] = /^(\d+)([mhd])$/.exec(text) ?? [];
  const at = count ? now - Number(count) * (UNITS_MS[unit] ?? 0) : Date.parse(text);
  return Number.isNaN(at) ? undefined : String(at);
};

/** The words of a typed text. What is no field is the text to look for. */
export const typedWords = (text: string, now: number): Words => {
  const words: Record<string, string | undefined> = { q: undefined };
  for (const name of FIELDS) words[name] = undefined;
  const rest: string[] = [];
  for (const part of text.split(/\s+/).filter(Boolean)) {
    const [, name = '', value = ''] = /^(\w+):(.+)$/.exec(part) ?? [];
    const field = FIELDS.find((each) => each === name);
    if (!field) rest.push(part);
    else words[field] = field === 'since' ? timeText(value, now) : value;
  }
  if (rest.length > 0) words['q'] = rest.join(' ');
  return words;
};

/** The text that gives these words. */
export const textOfWords = (words: Words): string =>
  [
    ...FIELDS.flatMap((name) => {
      const value = words[name];
      if (!value) return [];
      return [`${name}:${name === 'since' ? new Date(Number(value)).toISOString() : value}`];
    }),
    words['q'] ?? '',
  ]
    .filter(Boolean)
    .join(' ');
