/** Starts the page: the view that the address names, the connection, the theme, the keys. */
import { byId, h } from './dom.ts';
import { createJob } from './job.ts';
import { createJobs } from './jobs.ts';
import { helpText, listenToKeys } from './keys.ts';
import { createList } from './list.ts';
import { connect } from './live.ts';
import { createOverview } from './overview.ts';
import type { PageView } from './view.ts';

const DETAILS = ['job'];
const NAMES: Readonly<Record<string, string>> = {
  overview: 'Overview',
  jobs: 'Jobs',
  groups: 'Groups',
  hosts: 'Hosts',
  accounts: 'Accounts',
};

const preferred = matchMedia('(prefers-color-scheme: dark)');
const setTheme = (): void => {
  const chosen = localStorage.getItem('theme');
  document.documentElement.dataset['theme'] = chosen ?? (preferred.matches ? 'dark' : 'light');
};
const toggleTheme = (): void => {
  const { theme } = document.documentElement.dataset;
  localStorage.setItem('theme', theme === 'dark' ? 'light' : 'dark');
  setTheme();
  view.refresh();
};

const place = (): { readonly name: string; readonly rest: string; readonly query: string } => {
  const [path = '', query = ''] = location.hash.replace(/^#\//, '').split('?');
  const [name = '', ...rest] = path.split('/');
  return { name: name || 'overview', rest: rest.join('/'), query };
};

const viewFor = (): PageView => {
  const { name, rest, query } = place();
  if (name === 'jobs' && rest) return createJob(decodeURIComponent(rest));
  if (name === 'jobs') return createJobs(live, new URLSearchParams(query));
  return name === 'overview' ? createOverview(live) : createList(name);
};

const showNav = (): void => {
  const { snapshot } = live;
  const lists = (snapshot?.lists ?? []).filter((name) => !DETAILS.includes(name));
  const { name: current } = place();
  const links = ['overview', ...lists].map((name) =>
    h(
      'a',
      { href: `#/${name}`, 'aria-current': name === current ? 'page' : undefined },
      NAMES[name] ?? name,
    ),
  );
  byId('nav').replaceChildren(...links);
  byId('stack').textContent = snapshot?.stackName ?? '';
};

let shownNav = '';
const live = connect((state) => {
  byId('state').textContent = state === 'live' ? '' : 'Connection lost; trying again…';
  const nav = `${live.snapshot?.lists} ${location.hash}`;
  if (nav !== shownNav) showNav();
  shownNav = nav;
  if (state === 'live') view.refresh();
});

let view = viewFor();
const navigate = (): void => {
  view = viewFor();
  byId('view').replaceChildren(view.element);
  showNav();
  scrollTo(0, 0);
  byId('view').focus();
};

const togglePause = (): void => {
  live.paused = !live.paused;
  byId('pause').setAttribute('aria-pressed', String(live.paused));
  byId('pause').textContent = live.paused ? 'Go on' : 'Pause';
  if (!live.paused) view.refresh();
};
const help = byId('keys') as HTMLDialogElement;
help.append(helpText());
const showHelp = (): void => help.showModal();

setTheme();
preferred.addEventListener('change', () => {
  setTheme();
  view.refresh();
});
byId('theme').addEventListener('click', toggleTheme);
byId('pause').addEventListener('click', togglePause);
byId('help').addEventListener('click', showHelp);
help.addEventListener('click', () => help.close());
addEventListener('hashchange', navigate);
listenToKeys({
  view: () => view,
  go: (where) => {
    if (where === 'overview' || live.snapshot?.lists.includes(where)) location.hash = `#/${where}`;
  },
  pause: togglePause,
  theme: toggleTheme,
  help: showHelp,
});
navigate();
