/** A table whose cells are texts. */
import { Fragment } from 'preact';
import { useMemo } from 'preact/hooks';
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
  readonly buttons?: ((at: number) => readonly RowButton[]) | undefined;
}

interface RowProps extends Pick<TableProps, 'table' | 'hrefFor' | 'buttons'> {
  readonly at: number;
  readonly isHere: boolean;
  readonly numeric: readonly boolean[];
}

const drawn = ({ table, at, isHere, numeric, hrefFor, buttons }: RowProps) => {
  const cells = table.rows[at] ?? [];
  const href = hrefFor(cells, at);
  return (
    <tr
      data-row={cells[0]}
      class={isHere ? 'here' : ''}
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
};

/** Links and buttons of a row follow from its table: it is drawn again when that changed. */
const Row = (props: RowProps) => useMemo(() => drawn(props), [props.table, props.at, props.isHere]);

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
          {rows.map((cells, at) => (
            <Row
              key={cells.slice(0, 2).join(' ')}
              {...{ table, at, numeric, hrefFor, buttons }}
              isHere={at === cursor.value}
            />
          ))}
        </tbody>
      </table>
    </Scroll>
  );
};
