/** Asks the server, with the session's token. */
import type { ActAnswer, ConsoleRefusal } from '../console/wire.ts';
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

const request = async <T>(path: string, init: RequestInit): Promise<T | undefined> => {
  const headers = { ...init.headers, [HEADER]: localStorage.getItem(KEPT) ?? '' };
  const response = await fetch(path, { ...init, headers }).catch(() => {
    throw new AskError({
      code: 'NO_ANSWER',
      message: 'The console does not answer. Is its command still running?',
    });
  });
  if (response.status === 404) return undefined;
  if (!response.ok) throw new AskError(await refusalOf(response));
  return (await response.json()) as T;
};

/**
 * Asks for data; `undefined`: there is no such thing.
 *
 * @throws AskError when the server refuses or does not answer
 */
export const askConsole = <T>(name: string, words: Words = {}): Promise<T | undefined> =>
  request<T>(`/api/${name}?${wordsText(words)}`, {});

/**
 * Carries out an action.
 *
 * @throws AskError when the server refuses or does not answer
 */
export const act = async (wish: object): Promise<ActAnswer> => {
  const answer = await request<ActAnswer>('/api/act', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(wish),
  });
  return answer ?? { done: [], refused: [] };
};
