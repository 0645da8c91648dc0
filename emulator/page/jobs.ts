/** The list of jobs: fifty per page, the latest change first, filtered by status and words. */
import { h } from './dom.ts';
import { HEADS, type JobRow, rowOf } from './jobRow.ts';
import { askServer, type LiveView } from './live.ts';
import { createStatusTabs } from './statusTabs.ts';
import { createSelection, type PageView } from './view.ts';

interface Page {
  readonly rows: readonly JobRow[];
  readonly next?: number;
  readonly byStatus: Readonly<Record<string, number>>;
  readonly changes: number;
}

const TYPING_MS = 150;
const NUMBERS: readonly string[] = ['Attempt', 'Took'];

const createFilter = (text: string, onChange: () => void): HTMLInputElement => {
  const placeholder = 'Filter: id, kind, source, group, mission, error   /';
  const filter = h('input', {
    type: 'search',
    placeholder,
    'aria-label': 'Filter jobs',
    value: text,
  });
  let typing: ReturnType<typeof setTimeout> | undefined;
  filter.addEventListener('input', () => {
    clearTimeout(typing);
    typing = setTimeout(onChange, TYPING_MS);
  });
  return filter;
};

const createTable = () => {
  const body = h('tbody');
  const heads = HEADS.map((head) => h('th', { class: NUMBERS.includes(head) && 'number' }, head));
  const table = h('table', {}, h('thead', {}, h('tr', {}, ...heads)), body);
  return {
    element: h('div', { class: 'scroll' }, table),
    rows: (): HTMLElement[] => [...body.querySelectorAll<HTMLElement>('tr[data-row]')],
    show: (rows: readonly JobRow[]): void => {
      const none = h('td', { colspan: HEADS.length, class: 'empty' }, 'No such job yet.');
      body.replaceChildren(...(rows.length > 0 ? rows.map(rowOf) : [h('tr', {}, none)]));
    },
  };
};

/**
 * The list's page. It writes its filters into the address, so that a person can keep and share the
 * list.
 */
export const createJobs = (live: LiveView, query: URLSearchParams): PageView => {
  /** Where each page from the second to this one begins. */
  let trail: readonly string[] = [];
  let page: Page | undefined;
  let asked = 0;
  const wanted = (): Record<string, string> => {
    const [status, before] = [query.get('status'), trail.at(-1)];
    return {
      ...(status && { status }),
      ...(filter.value && { q: filter.value }),
      ...(before && { before }),
    };
  };
  const load = async (): Promise<void> => {
    asked += 1;
    const mine = asked;
    const loaded = await askServer<Page>('jobs', wanted());
    // A later question was asked meanwhile: this answer is too old to show.
    if (!loaded || mine !== asked) return;
    page = loaded;
    tabs.show(loaded.byStatus);
    table.show(loaded.rows);
    selection.show();
    before.disabled = trail.length === 0;
    after.disabled = loaded.next === undefined;
    where.textContent = `page ${trail.length + 1}`;
  };
  const restart = (): void => {
    trail = [];
    history.replaceState(null, '', `#/jobs?${new URLSearchParams(wanted())}`);
    selection.reset();
    void load();
  };
  const turn = (by: number): void => {
    if (by > 0 && page?.next === undefined) return;
    trail = by > 0 ? [...trail, String(page?.next)] : trail.slice(0, -1);
    selection.reset();
    scrollTo(0, 0);
    void load();
  };
  const filter = createFilter(query.get('q') ?? '', restart);
  const tabs = createStatusTabs(query, restart);
  const table = createTable();
  const selection = createSelection(table.rows);
  const before = h('button', { type: 'button', click: () => turn(-1) }, '← Newer');
  const after = h('button', { type: 'button', click: () => turn(1) }, 'Older →');
  const where = h('span', { class: 'dim' });
  const [head, foot] = [h('div', { class: 'filters' }), h('div', { class: 'filters' })];
  head.append(filter, tabs.element);
  foot.append(before, after, where);
  void load();
  return {
    element: h('div', {}, head, table.element, foot),
    // Changed jobs come to the first page, so only the first page is read again.
    refresh: () => {
      if (trail.length === 0 && live.snapshot?.summary.changes !== page?.changes) void load();
    },
    move: selection.move,
    open: selection.open,
    turn,
    focusFilter: () => filter.focus(),
  };
};
