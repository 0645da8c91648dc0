/** Time zones by their names in the IANA database, as EventBridge Scheduler takes them. */

/** Names without an area. A list, because Node knows more names, such as PST, which AWS refuses. */
const WITHOUT_AREA = new Set([
  ...['CET', 'CST6CDT', 'Cuba', 'EET', 'EST', 'EST5EDT', 'Egypt', 'Eire', 'GB', 'GB-Eire', 'GMT'],
  ...['GMT+0', 'GMT-0', 'GMT0', 'Greenwich', 'HST', 'Hongkong', 'Iceland', 'Iran', 'Israel'],
  ...['Jamaica', 'Japan', 'Kwajalein', 'Libya', 'MET', 'MST', 'MST7MDT', 'NZ', 'NZ-CHAT'],
  ...['Navajo', 'PRC', 'PST8PDT', 'Poland', 'Portugal', 'ROC', 'ROK', 'Singapore', 'Turkey', 'UCT'],
  ...['UTC', 'Universal', 'W-SU', 'WET', 'Zulu'],
]);
const AREA =
  /^(?:Africa|America|Antarctica|Arctic|Asia|Atlantic|Australia|Brazil|Canada|Chile|Etc|Europe|Indian|Mexico|Pacific|US)(?:\/[A-Z][A-Za-z0-9_+-]*)+$/;

const canonical = (timezone: string): string | undefined => {
  try {
    return new Intl.DateTimeFormat('en', { timeZone: timezone }).resolvedOptions().timeZone;
  } catch {
    return undefined;
  }
};

const UNKNOWN = 'is no time zone of the IANA database, such as Europe/Berlin';

/** What is wrong with a time zone, to be put behind its name; undefined when nothing is. */
export const timezoneFault = (timezone: string): string | undefined => {
  const known = canonical(timezone);
  const isSpelledSo = known === timezone || known?.toLowerCase() !== timezone.toLowerCase();
  const isName = WITHOUT_AREA.has(timezone) || AREA.test(timezone);
  if (known && isName && isSpelledSo) return undefined;
  return known && !isSpelledSo ? `${UNKNOWN}: it is spelled ${known}` : UNKNOWN;
};
