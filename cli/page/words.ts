/** The words of an address or of a question. */

/** The words of a query; what is empty is left out. */
export type Words = Readonly<Record<string, string | undefined>>;

/** A query as it stands in an address. */
export const wordsText = (words: Words): string => {
  const given = Object.entries(words).filter((each): each is [string, string] => Boolean(each[1]));
  return new URLSearchParams(given).toString();
};
