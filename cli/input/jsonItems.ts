/** Splits the text of a JSON array into its items, so that each item is sent as it was written. */

const isSpace = (character: string | undefined): boolean =>
  character === ' ' || character === '\t' || character === '\n' || character === '\r';

/** The index after the string that begins at `from`. */
const afterString = (text: string, from: number): number => {
  let at = from + 1;
  while (text[at] !== '"') at += text[at] === '\\' ? 2 : 1;
  return at + 1;
};

const DEEPER: Readonly<Record<string, number>> = { '{': 1, '[': 1, '}': -1, ']': -1 };

/** The index of the comma or bracket that ends the item which begins at `from`. */
const endOfItem = (text: string, from: number): number => {
  let depth = 0;
  let at = from;
  for (;;) {
    const character = text[at] ?? '';
    if (depth === 0 && (character === ',' || character === ']')) return at;
    depth += DEEPER[character] ?? 0;
    at = character === '"' ? afterString(text, at) : at + 1;
  }
};

/**
 * The text of each item.
 *
 * @param text valid JSON, an array
 */
export const itemTexts = (text: string): readonly string[] => {
  const items: string[] = [];
  let at = text.indexOf('[') + 1;
  for (;;) {
    while (isSpace(text[at])) at += 1;
    if (text[at] === ']') return items;
    const end = endOfItem(text, at);
    items.push(text.slice(at, end).trimEnd());
    at = text[end] === ',' ? end + 1 : end;
  }
};
