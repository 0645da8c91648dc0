/** Text for people: bounded, and fit for UTF-8. */

/** The beginning of a text, at most `max` characters, and "…" where something was left out. */
export const clipped = (text: string, max: number): string =>
  (text.length <= max ? text : `${text.slice(0, max - 1)}…`).toWellFormed();

/** What was thrown, as text; whatever it is, this does not throw. */
export const thrownText = (thrown: unknown): string => {
  try {
    return thrown instanceof Error ? `${thrown.name}: ${thrown.message}` : String(thrown);
  } catch {
    return 'something that cannot be shown';
  }
};
