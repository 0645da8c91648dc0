/** Every other list: groups, accounts, hosts. The server sends the columns with the rows. */
import { h } from './dom.ts';
import { askServer } from './live.ts';
import { createSelection, type PageView } from './view.ts';

interface Table {
  readonly columns: readonly string[];
  readonly rows: readonly (readonly string[])[];
  readonly jobs?: readonly string[];
  readonly none: string;
}

const isNumber = (text: string): boolean => /^-?\d+(\.\d+)?$/.test(text);

const rowOf = (cells: readonly string[], job: string | undefined): HTMLElement =>
  h(
    'tr',
    {
      'data-row': cells[0],
      click: () => {
        if (job !== undefined) location.hash = `#/jobs/${encodeURIComponent(job)}`;
      },
    },
    ...cells.map((text) => h('td', { class: isNumber(text) ? 'number' : 'wide' }, text)),
  );

/** The page of one list. It reads the list again on each refresh, but never twice at once. */
export const createList = (name: string): PageView => {
  const element = h('div');
  const rows = (): HTMLElement[] => [...element.querySelectorAll<HTMLElement>('tr[data-row]')];
  const selection = createSelection(rows);
  let text = '';
  const show = (table: Table): void => {
    const next = JSON.stringify(table);
    if (next === text) return;
    text = next;
    const { columns, none, jobs } = table;
    const numeric = (n: number): boolean => table.rows.some((row) => isNumber(row[n] ?? ''));
    const heads = columns.map((head, n) => h('th', { class: numeric(n) && 'number' }, head));
    const body = table.rows.map((cells, index) => rowOf(cells, jobs?.[index]));
    element.replaceChildren(
      table.rows.length === 0
        ? h('p', { class: 'empty' }, none)
        : h(
            'div',
            { class: 'scroll' },
            h('table', {}, h('thead', {}, h('tr', {}, ...heads)), h('tbody', {}, ...body)),
          ),
    );
    selection.show();
  };
  let loading = false;
  const load = async (): Promise<void> => {
    if (loading) return;
    loading = true;
    try {
      const table = await askServer<Table>(name, {});
      if (table) show(table);
    } finally {
      loading = false;
    }
  };
  element.append(h('p', { class: 'empty' }, 'Reading…'));
  void load();
  return {
    element,
    refresh: () => void load(),
    move: selection.move,
    open: selection.open,
  };
};
