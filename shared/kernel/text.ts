/** Text for people: bounded, and valid in UTF-8. */

/** The beginning of a text, at most `max` characters; ends with "…" when the text was longer. */
export const clipped = (text: string, max: number): string =>
  (text.length <= max ? text : `${text.slice(0, max - 1)}…`).toWellFormed();
