/** The address is the state: which view, which job, which filters. */
import { computed, signal } from '@preact/signals';
import { type Words, wordsText } from './words.ts';

interface Whereabouts {
  readonly name: string;
  /** The rest of the path, such as the id of a job. */
  readonly id: string;
  readonly words: Words;
}

const placeOf = (hash: string): Whereabouts => {
  const [path = '', query = ''] = hash.replace(/^#\/?/, '').split('?');
  const [name = '', ...rest] = path.split('/');
  const id = rest.map(decodeURIComponent).join('/');
  return { name: name || 'overview', id, words: Object.fromEntries(new URLSearchParams(query)) };
};

const hash = signal(location.hash);
/** Reads the address anew. */
export const readAddress = (): void => {
  hash.value = location.hash;
};
addEventListener('hashchange', readAddress);

/** Where the reader is. */
export const place = computed(() => placeOf(hash.value));

/** The address of a place. */
export const hrefOf = (name: string, id = '', words: Words = {}): string => {
  const query = wordsText(words);
  return `#/${name}${id ? `/${encodeURIComponent(id)}` : ''}${query ? `?${query}` : ''}`;
};

/** Goes to a place; the browser's "back" leads here again. */
export const goTo = (href: string): void => {
  location.hash = href;
};

/** Changes the filters in the address, without a step for "back". */
export const setWords = (words: Words): void => {
  const { name, id, words: old } = place.value;
  const next = hrefOf(name, id, { ...old, ...words });
  history.replaceState(null, '', next);
  hash.value = next;
};

/** The row that the keyboard is on; -1: none. */
export const cursor = signal(-1);
/** Ids of the rows that are chosen for an action. */
export const chosen = signal<ReadonlySet<string>>(new Set());

/** Chooses a row, or lets it go. */
export const choose = (id: string): void => {
  const next = new Set(chosen.value);
  if (!next.delete(id)) next.add(id);
  chosen.value = next;
};

let shown = '';
/** Forgets what was chosen when the view changes. */
export const leaveView = (): void => {
  const { name, id } = place.value;
  if (`${name}/${id}` === shown) return;
  shown = `${name}/${id}`;
  cursor.value = -1;
  chosen.value = new Set();
  scrollTo(0, 0);
};
