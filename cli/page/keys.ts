/** What each key does. */
import { paused } from './reading.ts';
import { choose, cursor, goTo, hrefOf } from './route.ts';

/** Keys with what they do, for the help. */
export const KEYS: readonly (readonly [string, string])[] = [
  ['/', 'filter, or find a job'],
  ['j  k', 'down and up the list'],
  ['Enter', 'open the row'],
  ['x', 'choose the row'],
  ['n  b', 'next page, page before'],
  ['g o', 'overview'],
  ['g j', 'jobs'],
  ['g g', 'groups'],
  ['g w', 'who waits for whom'],
  ['g a', 'accounts'],
  ['g h', 'hosts'],
  ['g m', 'the mesh: pause and resume'],
  ['s', 'send a job'],
  ['Esc', 'back, or out of a field'],
  ['p', 'hold the page still'],
  ['t', 'light or dark'],
  ['?', 'this help'],
];

const PLACES: Readonly<Record<string, string>> = {
  o: 'overview',
  j: 'jobs',
  g: 'groups',
  a: 'accounts',
  h: 'hosts',
  m: 'mesh',
  w: 'waits',
  s: 'schedules',
  c: 'callbacks',
};
/** How long after `g` the second letter may come. */
const CHORD_MS = 1_200;

const rows = (): readonly HTMLElement[] => [
  ...document.querySelectorAll<HTMLElement>('main tr[data-row]'),
];

const move = (by: number): void => {
  const all = rows();
  cursor.value = Math.max(0, Math.min(all.length - 1, cursor.value + by));
  all[cursor.value]?.scrollIntoView({ block: 'nearest' });
};

const current = (): HTMLElement | undefined => rows()[cursor.value];

const press = (selector: string): void =>
  document.querySelector<HTMLButtonElement>(selector)?.click();

/** Whether the key is for the browser, for an open dialog, or for what has the focus. */
const isElsewhere = ({ key, target, ctrlKey, metaKey, altKey }: KeyboardEvent): boolean => {
  if (ctrlKey || metaKey || altKey || document.querySelector('dialog[open]')) return true;
  if (!(target instanceof HTMLElement)) return false;
  if (target.matches('input:not([type=checkbox]), textarea, select')) {
    if (key === 'Escape') target.blur();
    return true;
  }
  return key === 'Enter' && target.matches('a, button, summary, [role=button]');
};

/** Listens to the keyboard of the whole page. */
export const listenToKeys = (on: { theme(): void; help(): void }): void => {
  let goingSince = 0;
  const plain: Readonly<Record<string, () => void>> = {
    '/': () => {
      const field = document.getElementById('filter');
      if (field) field.focus();
      else goTo(hrefOf('jobs'));
    },
    j: () => move(1),
    k: () => move(-1),
    Enter: () => current()?.click(),
    x: () => {
      const id = current()?.dataset['row'];
      if (id !== undefined && current()?.querySelector('[type=checkbox]')) choose(id);
    },
    n: () => press('[data-turn=on]'),
    b: () => press('[data-turn=back]'),
    s: () => goTo(hrefOf('send')),
    p: () => {
      paused.value = !paused.value;
    },
    t: on.theme,
    '?': on.help,
    Escape: () => history.back(),
    g: () => {
      goingSince = Date.now();
    },
  };
  addEventListener('keydown', (event) => {
    if (isElsewhere(event)) return;
    const { key } = event;
    const where = Date.now() - goingSince < CHORD_MS ? PLACES[key] : undefined;
    const act = where ? () => goTo(hrefOf(where)) : plain[key];
    if (!act) return;
    if (key !== 'g' || where) goingSince = 0;
    event.preventDefault();
    act();
  });
};
