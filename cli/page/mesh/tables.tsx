/** Lists beside jobs: groups, hosts, schedules, callbacks. */
import type { ConsoleSession, TextTable } from '../../console/wire.ts';
import type { Begun } from '../actions/actionWords.ts';
import { openDialog } from '../actions/dialogs.tsx';
import { Empty, Failed, Hinted, Waiting } from '../parts.tsx';
import { useReading } from '../reading.ts';
import { hrefOf } from '../route.ts';
import { TextRows } from '../textRows.tsx';

const TITLES: Readonly<Record<string, readonly [string, string]>> = {
  groups: ['Groups', 'Groups that a dead job holds: their other jobs wait for a decision.'],
  hosts: ['Hosts', 'Hosts that run jobs for the mesh, the worst first.'],
  schedules: ['Schedules', 'Jobs that are sent again and again.'],
  callbacks: ['Callbacks', 'Results that could not be posted, and were given up.'],
};

type Buttons = (at: number) => readonly { readonly text: string; readonly go: () => void }[];

const DRAIN = { action: 'drain', more: { drained: true } };
const UNDRAIN = { action: 'drain', words: 'undrain', more: { drained: false } };
const SILENCE = { action: 'schedule', words: 'silence', more: { enabled: false } };
const UNSCHEDULE = { action: 'removeSchedule' };
const UNREGISTER = { action: 'removeHost' };
/** Where a new one is made. */
const MAKERS: Readonly<Record<string, readonly [view: string, text: string]>> = {
  schedules: ['new-schedule', 'Add a schedule'],
  hosts: ['new-host', 'Add a host'],
};
const TICK = { action: 'schedule', words: 'tick', more: { enabled: true } };

/** What can be done with a row of each list. */
const buttonsFor = (name: string, table: TextTable, again: () => void): Buttons | undefined => {
  const button = (text: string, id: string, begun: Omit<Begun, 'ids'>) => ({
    text,
    go: () => openDialog({ ...begun, ids: [id], done: again }),
  });
  const cell = (at: number, column: number): string => table.rows[at]?.[column] ?? '';
  const job = (at: number): string => table.jobs?.[at] ?? '';
  const byList: Readonly<Record<string, Buttons>> = {
    groups: (at) => [
      button('Skip', job(at), { action: 'skip' }),
      button('Run again', job(at), { action: 'resume' }),
    ],
    callbacks: (at) => [button('Post again', job(at), { action: 'replay' })],
    hosts: (at) => [
      cell(at, 1) === 'drained'
        ? button('Undrain', cell(at, 0), UNDRAIN)
        : button('Drain', cell(at, 0), DRAIN),
      button('Remove', cell(at, 0), UNREGISTER),
    ],
    schedules: (at) => [
      cell(at, 1) === 'paused'
        ? button('Resume', cell(at, 0), TICK)
        : button('Pause', cell(at, 0), SILENCE),
      button('Remove', cell(at, 0), UNSCHEDULE),
    ],
  };
  return byList[name];
};

/** A list by its name. */
export const Listed = ({ session, name }: { session: ConsoleSession; name: string }) => {
  const reading = useReading<TextTable>(name, {}, session.refreshMs.lists);
  const { data: table, error, again } = reading;
  const [title, hint] = TITLES[name] ?? [name, ''];
  const maker = MAKERS[name];
  const buttons = table && buttonsFor(name, table, again);
  return (
    <>
      <div class="head">
        <h1>{title}</h1>
        {maker && (
          <a class="button main" href={hrefOf(maker[0])}>
            {maker[1]}
          </a>
        )}
      </div>
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
          hrefFor={([first = ''], at) => {
            if (name === 'hosts') return hrefOf('hosts', first);
            const job = table.jobs?.[at];
            return job === undefined ? undefined : hrefOf('jobs', job);
          }}
        />
      )}
    </>
  );
};
