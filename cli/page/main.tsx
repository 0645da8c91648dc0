/** Starts the page: the token, the frame with its views, the theme, the keys. */
import { signal } from '@preact/signals';
import { render, type VNode } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import type { ConsoleSession } from '../console/wire.ts';
import { ActionDialog, openDialog } from './actions/dialogs.tsx';
import { NewHost } from './actions/newHost.tsx';
import { NewSchedule } from './actions/newSchedule.tsx';
import { Send } from './actions/send.tsx';
import { placeClass } from './actions/target.tsx';
import { UndoBar } from './actions/undo.tsx';
import { takeToken } from './ask.ts';
import { JobPage } from './jobs/job.tsx';
import { Jobs } from './jobs/jobs.tsx';
import { KEYS, listenToKeys } from './keys.ts';
import { Account, Accounts } from './ledger/accounts.tsx';
import { HostPage } from './mesh/host.tsx';
import { Mesh } from './mesh/mesh.tsx';
import { Overview } from './mesh/overview.tsx';
import { Listed } from './mesh/tables.tsx';
import { Waits } from './mesh/waits.tsx';
import { Empty, Failed, Waiting } from './parts.tsx';
import { paused, trouble, useReading } from './reading.ts';
import { hrefOf, leaveView, place, readAddress } from './route.ts';

takeToken();
readAddress();

const NAV = [
  ['overview', 'Overview'],
  ['jobs', 'Jobs'],
  ['groups', 'Groups'],
  ['waits', 'Waits'],
  ['accounts', 'Accounts'],
  ['hosts', 'Hosts'],
  ['schedules', 'Schedules'],
  ['callbacks', 'Callbacks'],
  ['mesh', 'Mesh'],
] as const;

const preferred = matchMedia('(prefers-color-scheme: dark)');
const setTheme = (): void => {
  const chosen = localStorage.getItem('theme');
  document.documentElement.dataset['theme'] = chosen ?? (preferred.matches ? 'dark' : 'light');
  // Plots take their colours from the theme when they are painted.
  dispatchEvent(new Event('resize'));
};
const toggleTheme = (): void => {
  const { theme } = document.documentElement.dataset;
  localStorage.setItem('theme', theme === 'dark' ? 'light' : 'dark');
  setTheme();
};
setTheme();
preferred.addEventListener('change', setTheme);

const isHelped = signal(false);
const isMenuOpen = signal(false);

const Help = () => {
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    if (isHelped.value && !dialog.current?.open) dialog.current?.showModal();
  }, [isHelped.value]);
  return (
    <dialog
      ref={dialog}
      aria-labelledby="keys-title"
      onClose={() => {
        isHelped.value = false;
      }}
    >
      <h2 id="keys-title">Keys</h2>
      <dl class="keys">
        {KEYS.map(([key, text]) => (
          <div key={key}>
            <dt>
              <kbd>{key}</kbd>
            </dt>
            <dd>{text}</dd>
          </div>
        ))}
      </dl>
      <form method="dialog" class="buttons">
        <button type="submit">Close</button>
      </form>
    </dialog>
  );
};

/** The views without an id in their address. */
const VIEWS: Readonly<Record<string, (props: { session: ConsoleSession }) => VNode>> = {
  overview: Overview,
  jobs: Jobs,
  accounts: Accounts,
  mesh: Mesh,
  send: Send,
  waits: Waits,
  'new-schedule': NewSchedule,
  'new-host': NewHost,
};
/** The views of one job, account or host. */
const WHOLE: Readonly<Record<string, (props: { session: ConsoleSession; id: string }) => VNode>> = {
  jobs: JobPage,
  accounts: Account,
  hosts: HostPage,
};

const View = ({ session }: { session: ConsoleSession }) => {
  const { name, id } = place.value;
  const [One, All] = [WHOLE[name], VIEWS[name]];
  if (id && One) return <One session={session} id={id} key={id} />;
  if (All) return <All session={session} />;
  if (NAV.some(([each]) => each === name))
    return <Listed session={session} name={name} key={name} />;
  return (
    <Empty>
      There is no such page. <a href={hrefOf('overview')}>Overview</a>
    </Empty>
  );
};

const Tools = () => (
  <div class="tools">
    <button
      type="button"
      aria-pressed={paused.value}
      title="Hold the page still (p)"
      onClick={() => {
        paused.value = !paused.value;
      }}
    >
      {paused.value ? 'Held still' : 'Live'}
    </button>
    <button type="button" title="Light or dark (t)" onClick={toggleTheme}>
      Theme
    </button>
    <button
      type="button"
      title="Keys (?)"
      aria-label="Keys"
      onClick={() => {
        isHelped.value = true;
      }}
    >
      ?
    </button>
  </div>
);

const Header = ({ session }: { session: ConsoleSession }) => (
  <header class={placeClass(session)}>
    <a class="brand" href={hrefOf('overview')}>
      Sheratan
    </a>
    <p class="place" title={session.label}>
      <strong>{session.production ? `production: ${session.stage}` : session.stage}</strong>
      <span>{session.label}</span>
      {session.readOnly && <span class="mark">read-only</span>}
    </p>
    <Tools />
    <button
      type="button"
      class="menu"
      aria-expanded={isMenuOpen.value}
      aria-controls="nav"
      onClick={() => {
        isMenuOpen.value = !isMenuOpen.value;
      }}
    >
      Menu
    </button>
  </header>
);

const Nav = () => {
  const { name: current } = place.value;
  return (
    <nav id="nav" class={isMenuOpen.value ? 'open' : ''} aria-label="Views">
      {NAV.map(([name, text]) => (
        <a
          key={name}
          href={hrefOf(name)}
          aria-current={name === current ? 'page' : undefined}
          onClick={() => {
            isMenuOpen.value = false;
          }}
        >
          {text}
        </a>
      ))}
    </nav>
  );
};

const Frame = ({ session }: { session: ConsoleSession }) => {
  const main = useRef<HTMLElement>(null);
  const { name, id } = place.value;
  useEffect(() => {
    leaveView();
    document.title = `${id || name} · ${session.stage} · Sheratan`;
    main.current?.focus({ preventScroll: true });
  }, [name, id]);
  return (
    <>
      <Header session={session} />
      <div class="body">
        <Nav />
        <main ref={main} tabIndex={-1} id="view">
          {trouble.value && (
            <p class="trouble" role="alert">
              {trouble.value}
            </p>
          )}
          <UndoBar begin={openDialog} />
          <View session={session} />
        </main>
      </div>
      <ActionDialog session={session} />
      <Help />
    </>
  );
};

const App = () => {
  const { data, error, again } = useReading<ConsoleSession>('session');
  if (data) return <Frame session={data} />;
  return (
    <main class="alone">
      <h1>Sheratan</h1>
      {error ? <Failed error={error} again={again} /> : <Waiting what="the session" />}
    </main>
  );
};

listenToKeys({
  theme: toggleTheme,
  help: () => {
    isHelped.value = true;
  },
});
const root = document.getElementById('page');
if (root) render(<App />, root);
