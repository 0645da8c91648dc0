/** The overview: what is wrong now, and the graphs of the dashboard's definition. */
import type { Board, BoardAlarm, ConsoleSession } from '../../console/wire.ts';
import { WidgetCard } from '../chart.tsx';
import { durationText, numberText } from '../format.ts';
import { Failed, Hinted, Scroll, Time, Waiting } from '../parts.tsx';
import { useReading } from '../reading.ts';
import { place, setWords } from '../route.ts';

const Alarm = ({ alarm }: { alarm: BoardAlarm }) => (
  <section class={`alarm ${alarm.severity}`} data-alarm={alarm.id}>
    <h3>
      {alarm.id}
      <span class="dim">
        {alarm.severity}
        {alarm.since !== undefined && (
          <>
            {', since '}
            <Time at={alarm.since} exact />
          </>
        )}
      </span>
    </h3>
    <p>
      <Hinted text={alarm.means} />
    </p>
    {alarm.reason && <p class="dim">{alarm.reason}</p>}
    <dl class="advice">
      <dt>First look</dt>
      <dd>
        <Hinted text={alarm.firstLook} />
      </dd>
      <dt>First action</dt>
      <dd>
        <Hinted text={alarm.firstAction} />
      </dd>
    </dl>
  </section>
);

const Alarms = ({ alarms }: Pick<Board, 'alarms'>) =>
  alarms.on.length === 0 ? (
    <p class="quiet">
      <i aria-hidden="true" />
      All {alarms.defined} alarms are quiet.
    </p>
  ) : (
    <div class="pair">
      {alarms.on.map((alarm) => (
        <Alarm alarm={alarm} key={alarm.id} />
      ))}
    </div>
  );

const Machine = ({ machine }: { machine: NonNullable<Board['machine']> }) => (
  <>
    <h2>Queues and tables</h2>
    <p class="hint">What the servers of this machine hold right now.</p>
    <div class="pair">
      <Scroll title="Queues">
        <table>
          <thead>
            <tr>
              <th>Queue</th>
              <th class="number">Waiting</th>
              <th class="number">In flight</th>
              <th class="number">Delayed</th>
              <th class="number">Oldest</th>
            </tr>
          </thead>
          <tbody>
            {machine.queues.map(({ name, visible, inFlight, delayed, oldestSeconds }) => (
              <tr key={name}>
                <td>{name}</td>
                <td class="number">{numberText(visible)}</td>
                <td class="number">{numberText(inFlight)}</td>
                <td class="number">{numberText(delayed)}</td>
                <td class="number">
                  {visible + inFlight > 0 ? `${Math.round(oldestSeconds)} s` : ''}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </Scroll>
      <Scroll title="Tables">
        <table>
          <thead>
            <tr>
              <th>Table</th>
              <th class="number">Items</th>
            </tr>
          </thead>
          <tbody>
            {machine.tables.map(({ name, items }) => (
              <tr key={name}>
                <td>{name}</td>
                <td class="number">{numberText(items)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </Scroll>
    </div>
  </>
);

const Ranges = ({ session, range }: { session: ConsoleSession; range: number }) => (
  <fieldset class="tabs">
    <legend class="hidden">Range</legend>
    {session.ranges.map((seconds) => (
      <button
        type="button"
        key={seconds}
        aria-pressed={seconds === range}
        onClick={() => setWords({ range: String(seconds) })}
      >
        {durationText(seconds * 1_000)}
      </button>
    ))}
  </fieldset>
);

const Drawn = ({ board }: { board: Board }) => (
  <>
    <h2>Alarms</h2>
    {board.alarms.defined > 0 ? (
      <Alarms alarms={board.alarms} />
    ) : (
      <p class="hint">No alarm is defined here.</p>
    )}
    {board.note && <p class="hint">{board.note}</p>}
    {board.rows.map(({ title, hint, widgets }) => (
      <section key={title}>
        <h2>{title}</h2>
        <p class="hint">
          <Hinted text={hint} />
        </p>
        <div class="grid">
          {widgets.map((widget) => (
            <WidgetCard widget={widget} span={board} key={widget.title} />
          ))}
        </div>
      </section>
    ))}
    {board.machine && <Machine machine={board.machine} />}
    {board.rows.length > 0 && (
      <p class="hint">
        A point is {durationText(board.binMs)}. A legend shows the last value; of counts, the sum
        over the range and the last point.
      </p>
    )}
  </>
);

/** The view `overview`. */
export const Overview = ({ session }: { session: ConsoleSession }) => {
  const range = Number(place.value.words['range']) || (session.ranges[0] ?? 0);
  const reading = useReading<Board>('board', { range: String(range) }, session.refreshMs.board);
  const { data, error, again } = reading;
  return (
    <>
      <div class="head">
        <h1>Overview</h1>
        {data?.rows.length !== 0 && <Ranges session={session} range={range} />}
      </div>
      {error && <Failed error={error} again={again} />}
      {data ? <Drawn board={data} /> : !error && <Waiting what="metrics and alarms" />}
    </>
  );
};
