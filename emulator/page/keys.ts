/** What each key does. */
import { h } from './dom.ts';
import type { PageView } from './view.ts';

export interface Actions {
  view(): PageView;
  go(where: string): void;
  pause(): void;
  theme(): void;
  help(): void;
}

const KEYS: readonly (readonly [string, string])[] = [
  ['/', 'filter'],
  ['j  k', 'down and up the list'],
  ['Enter', 'open what is selected'],
  ['n  b', 'next page, page before'],
  ['g o', 'overview'],
  ['g j', 'jobs'],
  ['g g', 'groups'],
  ['g a', 'accounts'],
  ['g h', 'hosts, where there are any'],
  ['Esc', 'back, or out of the filter'],
  ['p', 'pause'],
  ['t', 'light or dark'],
  ['?', 'this help'],
];

const PLACES: Readonly<Record<string, string>> = {
  o: 'overview',
  j: 'jobs',
  g: 'groups',
  a: 'accounts',
  h: 'hosts',
};
/** How long after `g` the second letter may come. */
const CHORD_MS = 1_200;

/** The list of all keys and what they do. */
export const helpText = (): HTMLElement =>
  h(
    'div',
    {},
    h('h2', {}, 'Keys'),
    h(
      'dl',
      {},
      ...KEYS.flatMap(([key, text]) => [h('dt', {}, h('kbd', {}, key)), h('dd', {}, text)]),
    ),
  );

/**
 * Whether the key is for the browser, for an open dialog, or for the element that has the focus.
 */
const isElsewhere = ({ key, target, ctrlKey, metaKey, altKey }: KeyboardEvent): boolean => {
  if (ctrlKey || metaKey || altKey || document.querySelector('dialog[open]')) return true;
  if (target instanceof HTMLInputElement) {
    if (key === 'Escape' || key === 'Enter') target.blur();
    return true;
  }
  return key === 'Enter' && target instanceof HTMLElement && target.matches('a, button');
};

/** Listens to the keyboard of the whole page, until the page is closed. */
export const listenToKeys = (actions: Actions): void => {
  let goingSince = 0;
  const plain: Readonly<Record<string, () => void>> = {
    '/': () => actions.view().focusFilter?.(),
    j: () => actions.view().move?.(1),
    k: () => actions.view().move?.(-1),
    Enter: () => actions.view().open?.(),
    n: () => actions.view().turn?.(1),
    b: () => actions.view().turn?.(-1),
    p: actions.pause,
    t: actions.theme,
    '?': actions.help,
    Escape: () => history.back(),
    g: () => {
      goingSince = Date.now();
    },
  };
  addEventListener('keydown', (event) => {
    if (isElsewhere(event)) return;
    const { key } = event;
    const place = Date.now() - goingSince < CHORD_MS ? PLACES[key] : undefined;
    const act = place ? () => actions.go(place) : plain[key];
    if (!act) return;
    goingSince = 0;
    event.preventDefault();
    act();
  });
};
