/** A table whose cells are texts. */
import { Fragment } from 'preact';
import type { TextTable } from '../console/wire.ts';
import { Scroll, Time } from './parts.tsx';
import { cursor, goTo } from './route.ts';

const isNumber = (text: string): boolean => /^-?\d+(\.\d+)?$/.test(text);
const isTime = (text: string): boolean => /^\d{4}-\d\d-\d\dT[\d:.]+Z$/.test(text);

const cellOf = (text: string) => (isTime(text) ? <Time at={Date.parse(text)} exact /> : text);

interface RowButton {
  readonly text: string;
  readonly go: () => void;
}

/** Beside the first cell, where a phone shows them. */
const Buttons = ({ of }: { of: readonly RowButton[] }) => (
  <td>
    <span class="row-buttons">
      {of.map(({ text, go }) => (
        <button type="button" key={text} onClick={go}>
          {text}
        </button>
      ))}
    </span>
  </td>
);

interface TableProps {
  readonly title: string;
  readonly table: TextTable;
  readonly hrefFor: (row: readonly string[], at: number) => string | undefined;
  readonly buttons?: (at: number) => readonly RowButton[];
}

/** A table of texts; a row that leads somewhere is a link. */
export const TextRows = ({ title, table, hrefFor, buttons }: TableProps) => {
  const { columns, rows } = table;
  const numeric = columns.map((_, n) => rows.some((row) => isNumber(row[n] ?? '')));
  return (
    <Scroll title={title}>
      <table>
        <caption class="hidden">{title}</caption>
        <thead>
          <tr>
            {columns.map((head, n) => (
              <Fragment key={n}>
                <th class={numeric[n] ? 'number' : ''}>{head || 'Remarks'}</th>
                {n === 0 && buttons && <th>Actions</th>}
              </Fragment>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((cells, at) => {
            const href = hrefFor(cells, at);
            return (
              <tr
                key={cells.slice(0, 2).join(' ')}
                data-row={cells[0]}
                class={at === cursor.value ? 'here' : ''}
                onClick={({ target }) => {
                  if (href && !(target as HTMLElement).closest('a, button')) goTo(href);
                }}
              >
                {cells.map((text, n) => (
                  <Fragment key={n}>
                    <td class={numeric[n] ? 'number' : 'wide'}>
                      {n === 0 && href ? <a href={href}>{text}</a> : cellOf(text)}
                    </td>
                    {n === 0 && buttons && <Buttons of={buttons(at)} />}
                  </Fragment>
                ))}
              </tr>
            );
          })}
        </tbody>
      </table>
    </Scroll>
  );
};
