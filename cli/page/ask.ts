/** Asks the server, with the session's token. */
import type { ActAnswer, ConsoleRefusal } from '../console/wire.ts';
import { sharedWith } from './sharing.ts';
import { type Words, wordsText } from './words.ts';

const KEPT = 'sheratan-token';
const HEADER = 'x-sheratan-token';

/** What the server refused, or that it did not answer. */
export class AskError extends Error {
  override readonly name = 'AskError';
  readonly code: string;
  constructor({ code, message }: ConsoleRefusal) {
    super(message);
    this.code = code;
  }
}

/**
 * Takes the token out of the address, so that nobody reads it over a shoulder or copies it with a
 * link. Other tabs of this browser find it kept; it ends with the server.
 */
export const takeToken = (): void => {
  const [, token] = /^#token=([\w-]+)/.exec(location.hash) ?? [];
  if (!token) return;
  localStorage.setItem(KEPT, token);
  history.replaceState(null, '', '#/overview');
};

const refusalOf = async (response: Response): Promise<ConsoleRefusal> => {
  try {
    return (await response.json()) as ConsoleRefusal;
  } catch {
    return { code: String(response.status), message: response.statusText };
  }
};

/** The text of an answer; `undefined`: there is no such thing. */
const request = async (path: string, init: RequestInit): Promise<string | undefined> => {
  const headers = { ...init.headers, [HEADER]: localStorage.getItem(KEPT) ?? '' };
  const response = await fetch(path, { ...init, headers }).catch(() => {
    throw new AskError({
      code: 'NO_ANSWER',
      message: 'The console does not answer. Is its command still running?',
    });
  });
  if (response.status === 404) return undefined;
  if (!response.ok) throw new AskError(await refusalOf(response));
  return response.text();
};

const dataOf = <T>(text: string | undefined): T | undefined =>
  text === undefined ? undefined : (JSON.parse(text) as T);

/** An answer, with its text: a page that asks again compares the texts. */
export interface TextAnswer<T> {
  readonly text: string | undefined;
  readonly data: T | undefined;
}

/**
 * Asks again. An answer with the same text is the answer that the page has; of another answer each
 * part that did not change is the part that the page has.
 *
 * @throws AskError when the server refuses or does not answer
 */
export const askAgain = async <T>(
  name: string,
  words: Words,
  had: TextAnswer<T> | undefined,
): Promise<TextAnswer<T>> => {
  const text = await request(`/api/${name}?${wordsText(words)}`, {});
  if (had && had.text === text) return had;
  return { text, data: sharedWith(had?.data, dataOf<T>(text)) };
};

/**
 * Asks for data; `undefined`: there is no such thing.
 *
 * @throws AskError when the server refuses or does not answer
 */
export const askConsole = async <T>(name: string, words: Words = {}): Promise<T | undefined> =>
  (await askAgain<T>(name, words, undefined)).data;

/**
 * Carries out an action.
 *
 * @throws AskError when the server refuses or does not answer
 */
export const act = async (wish: object): Promise<ActAnswer> => {
  const text = await request('/api/act', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(wish),
  });
  return dataOf<ActAnswer>(text) ?? { done: [], refused: [] };
};
