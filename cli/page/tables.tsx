/** Lists beside jobs: groups, hosts, schedules, callbacks. */
import type { ConsoleSession, TextTable } from '../console/wire.ts';
import { openDialog } from './dialogs.tsx';
import { Empty, Failed, Hinted, Waiting } from './parts.tsx';
import { useReading } from './reading.ts';
import { hrefOf } from './route.ts';
import { TextRows } from './textRows.tsx';

const TITLES: Readonly<Record<string, readonly [string, string]>> = {
  groups: ['Groups', 'Groups that a dead job holds: their other jobs wait for a decision.'],
  hosts: ['Hosts', 'Hosts that run jobs for the mesh, the worst first.'],
  schedules: ['Schedules', 'Jobs that are sent again and again.'],
  callbacks: ['Callbacks', 'Results that could not be posted, and were given up.'],
};

const buttonsFor = (name: string, table: TextTable, again: () => void) => {
  const idAt = (at: number): readonly string[] => [table.jobs?.[at] ?? ''];
  const one = (text: string, action: string) => (at: number) => ({
    text,
    go: () => openDialog({ action, ids: idAt(at), done: again }),
  });
  if (name === 'groups')
    return (at: number) => [one('Skip', 'skip')(at), one('Run again', 'resume')(at)];
  return name === 'callbacks' ? (at: number) => [one('Post again', 'replay')(at)] : undefined;
};

/** A list by its name. */
export const Listed = ({ session, name }: { session: ConsoleSession; name: string }) => {
  const reading = useReading<TextTable>(name, {}, session.refreshMs.lists);
  const { data: table, error, again } = reading;
  const [title, hint] = TITLES[name] ?? [name, ''];
  const buttons = table && buttonsFor(name, table, again);
  return (
    <>
      <h1>{title}</h1>
      <p class="hint">{hint}</p>
      {error && <Failed error={error} again={again} />}
      {!table && !error && <Waiting what={name} />}
      {table && table.rows.length === 0 && (
        <Empty>
          <Hinted text={table.none.replace(/"([^"]+)"/g, '`npx $1`')} />
        </Empty>
      )}
      {table && table.rows.length > 0 && (
        <TextRows
          title={title}
          table={table}
          {...(buttons && { buttons })}
          hrefFor={(_row, at) => {
            const job = table.jobs?.[at];
            return job === undefined ? undefined : hrefOf('jobs', job);
          }}
        />
      )}
    </>
  );
};
