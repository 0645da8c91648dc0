/** Text for people: bounded, and fit for UTF-8. */

/** The beginning of a text, at most `max` characters, and "…" where something was left out. */
export const clipped = (text: string, max: number): string =>
  (text.length <= max ? text : `${text.slice(0, max - 1)}…`).toWellFormed();
