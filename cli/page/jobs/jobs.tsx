/** The list of jobs: filters that the address holds, pages by cursor, many chosen at once. */
import { useEffect, useRef, useState } from 'preact/hooks';
import { STATUSES } from '#shared/contracts/jobs.ts';
import type { ConsoleSession, JobsAnswer } from '../../console/wire.ts';
import { askConsole } from '../ask.ts';
import { numberText } from '../format.ts';
import { Empty, Failed, Waiting } from '../parts.tsx';
import { onPress, useReading } from '../reading.ts';
import { cursor, goTo, hrefOf, place, setWords } from '../route.ts';
import { Chosen, JobTable } from './jobTable.tsx';
import { textOfWords, typedWords } from './search.ts';

const TYPING_MS = 200;

type PageOfJobs = Extract<JobsAnswer, { kind: 'page' }>;

const setFilter = (words: Readonly<Record<string, string | undefined>>): void => {
  cursor.value = -1;
  setWords({ ...words, cursor: undefined, trail: undefined, scan: undefined });
};

const find = async (q: string, source: string | undefined): Promise<boolean> => {
  const found = await askConsole<{ ids: string[] }>('find', { q, source });
  const [first] = found?.ids ?? [];
  if (first !== undefined) goTo(hrefOf('jobs', first));
  return first !== undefined;
};

const Search = ({ indexed }: { indexed: boolean }) => {
  const [lost, setLost] = useState('');
  const typing = useRef<ReturnType<typeof setTimeout>>(undefined);
  const onInput = (text: string): void => {
    clearTimeout(typing.current);
    setLost('');
    typing.current = setTimeout(() => {
      const { q, ...rest } = typedWords(text, Date.now());
      setFilter({ ...rest, q: indexed ? q : undefined });
    }, TYPING_MS);
  };
  useEffect(() => () => clearTimeout(typing.current), []);
  const onEnter = async (text: string): Promise<void> => {
    const { q, source } = typedWords(text, Date.now());
    if (q && !(await find(q, source)) && !indexed) setLost(q);
  };
  return (
    <search class="search">
      <input
        type="search"
        id="filter"
        aria-label="Filter jobs, or find one by its id or key"
        placeholder={`${indexed ? 'Filter' : 'Id or idempotency key'}, or kind:echo source:shop error:CODE since:2h`}
        defaultValue={textOfWords(place.value.words)}
        onInput={({ currentTarget }) => onInput(currentTarget.value)}
        onKeyDown={({ key, currentTarget }) => {
          if (key === 'Enter') onPress(onEnter(currentTarget.value));
        }}
      />
      <kbd>/</kbd>
      <output>
        {lost &&
          `No job has the id or the key ${lost}. Type the source of a key before the key: source:NAME KEY.`}
      </output>
    </search>
  );
};

interface Tab {
  readonly text: string;
  readonly words: { readonly status?: string; readonly list?: string };
  readonly count?: number | undefined;
}

const tabsOf = (byStatus: PageOfJobs['byStatus'], indexed: boolean): readonly Tab[] => {
  if (!indexed)
    return [
      { text: 'needs attention', words: {} },
      { text: 'dead', words: { status: 'DEAD' } },
      { text: 'quarantined', words: { status: 'QUARANTINED' } },
      { text: 'parked', words: { list: 'parked' } },
      { text: 'running', words: { status: 'RUNNING' } },
      { text: 'completed', words: { status: 'COMPLETED' } },
    ];
  const counts = byStatus ?? {};
  const all = Object.values(counts).reduce((sum, count) => sum + count, 0);
  const { status: now } = place.value.words;
  return [
    { text: 'all', words: {}, count: all },
    ...STATUSES.filter((status) => counts[status] || status === now).map((status) => ({
      text: status.toLowerCase(),
      words: { status },
      count: counts[status] ?? 0,
    })),
  ];
};

const Tabs = ({ tabs }: { tabs: readonly Tab[] }) => {
  const { status, list } = place.value.words;
  return (
    <fieldset class="tabs">
      <legend class="hidden">State</legend>
      {tabs.map(({ text, words, count }) => (
        <button
          type="button"
          key={text}
          aria-pressed={words.status === status && words.list === list}
          onClick={() => setFilter({ status: words.status, list: words.list })}
        >
          {text} {count !== undefined && <span class="count">{numberText(count)}</span>}
        </button>
      ))}
    </fieldset>
  );
};

/** Cursors of the pages before this one, so that the reader can go back. */
const trailOf = (): readonly string[] => (place.value.words['trail'] ?? '').split('~').slice(1);

const Turn = ({ page }: { page: PageOfJobs }) => {
  const trail = trailOf();
  const now = place.value.words['cursor'] ?? '';
  const turn = (next: string, behind: readonly string[]): void => {
    cursor.value = -1;
    setWords({ cursor: next || undefined, trail: behind.map((each) => `~${each}`).join('') });
  };
  return (
    <nav class="turn" aria-label="Pages">
      <button
        type="button"
        data-turn="back"
        disabled={now === ''}
        onClick={() => turn(trail.at(-1) ?? '', trail.slice(0, -1))}
      >
        Before
      </button>
      <button
        type="button"
        data-turn="on"
        disabled={page.next === undefined}
        onClick={() => turn(page.next ?? '', [...trail, now])}
      >
        Next
      </button>
      <span class="dim">
        page {trail.length + (now === '' ? 1 : 1)}
        {page.read !== undefined && `, ${numberText(page.read)} rows read for it`}
      </span>
    </nav>
  );
};

const usdText = (usd: number): string =>
  usd < 0.01 ? 'less than US$ 0.01' : `about US$ ${usd.toFixed(2)}`;

const Price = ({ size }: { size: Extract<JobsAnswer, { kind: 'scan' }> }) => (
  <Empty>
    <p>
      <strong>No index has this list.</strong> A scan reads the whole table:{' '}
      {numberText(size.items)} items, {numberText(size.bytes / 1e6)} MB,{' '}
      {numberText(size.readUnits)} read units, {usdText(size.usd)}.
    </p>
    <p class="dim">Lists by state dead or quarantined, by mission and by task have an index.</p>
    <button type="button" class="main" onClick={() => setWords({ scan: 'yes' })}>
      Scan the table
    </button>
  </Empty>
);

const Nothing = ({ indexed }: { indexed: boolean }) => {
  const { words } = place.value;
  const isFiltered = Object.entries(words).some(([name, value]) => name !== 'scan' && value);
  if (isFiltered)
    return (
      <Empty>
        <p>No job matches.</p>
        <a href={hrefOf('jobs')}>Show all</a>
      </Empty>
    );
  return (
    <Empty>
      <p>{indexed ? 'No job has been sent yet.' : 'No job needs attention.'}</p>
      <p>
        <a href={hrefOf('send')}>Send one</a>, or type <code>npx sheratan send jobs.json</code>
      </p>
    </Empty>
  );
};

const Found = ({ page, indexed }: { page: PageOfJobs; indexed: boolean }) => (
  <>
    <p class="hint">
      {page.rows.length === 0 ? '' : `${page.rows.length} shown: `}
      {page.found}
    </p>
    {page.rows.length > 0 ? <JobTable rows={page.rows} /> : <Nothing indexed={indexed} />}
    <Chosen more={page.next !== undefined || trailOf().length > 0} />
    {(page.next !== undefined || trailOf().length > 0) && <Turn page={page} />}
  </>
);

/** The view `jobs`. */
export const Jobs = ({ session }: { session: ConsoleSession }) => {
  const { trail: _, ...words } = place.value.words;
  // A scan is paid for: it is made once, not again and again.
  const every = words['scan'] ? 0 : session.refreshMs.lists;
  const { data, error, again } = useReading<JobsAnswer>('jobs', words, every);
  const latest = useRef<JobsAnswer>(undefined);
  useEffect(() => {
    if (data) latest.current = data;
  });
  const shown = data ?? (error ? undefined : latest.current);
  const page = shown?.kind === 'page' ? shown : undefined;
  return (
    <>
      <div class="head">
        <h1>Jobs</h1>
        <a class="button main" href={hrefOf('send')}>
          Send a job
        </a>
      </div>
      <Search indexed={session.indexed} />
      <Tabs tabs={tabsOf(page?.byStatus, session.indexed)} />
      {error && <Failed error={error} again={again} />}
      {!shown && !error && <Waiting what="jobs" />}
      {shown?.kind === 'scan' && <Price size={shown} />}
      {page && <Found page={page} indexed={session.indexed} />}
    </>
  );
};
