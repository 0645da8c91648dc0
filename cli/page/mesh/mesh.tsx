/** The state of the mesh: pause and resume, and who changed what. */
import type { ConsoleSession, MeshState } from '../../console/wire.ts';
import { openDialog, useAgainAfterActions } from '../actions/dialogs.tsx';
import { Empty, Failed, Time, Waiting } from '../parts.tsx';
import { useReading } from '../reading.ts';
import { TextRows } from '../textRows.tsx';
import { Sources } from './sources.tsx';

/** The state of the mesh, what is paused, and who changed it. */
export const Mesh = ({ session }: { session: ConsoleSession }) => {
  const { data, error, again } = useReading<MeshState>('state', {}, session.refreshMs.lists);
  useAgainAfterActions(again);
  if (error && !data) return <Failed error={error} again={again} />;
  if (!data) return <Waiting what="the state of the mesh" />;
  const ask = (name: string, more: { paused: boolean; queue?: string; source?: string }): void =>
    openDialog({
      action: 'pause',
      words: more.paused ? 'pause' : 'unpause',
      ids: [name],
      more,
      done: again,
    });
  const isPaused = data.state === 'PAUSED';
  return (
    <>
      <div class="head">
        <h1>
          Mesh <span class={`state ${data.state}`}>{data.state.toLowerCase()}</span>
        </h1>
        <button
          type="button"
          class={isPaused ? 'main' : ''}
          onClick={() => ask('the mesh', { paused: !isPaused })}
        >
          {isPaused ? 'Resume the mesh' : 'Pause the mesh'}
        </button>
      </div>
      {data.since > 0 && (
        <p class="hint">
          Since <Time at={data.since} exact />
        </p>
      )}
      <h2>Queues</h2>
      <div class="pair">
        {['critical', 'high', 'normal', 'low'].map((queue) => {
          const isOff = data.pausedQueues.includes(queue);
          return (
            <div class="card row" key={queue}>
              <span>
                {queue} {isOff && <span class="mark">paused</span>}
              </span>
              <button
                type="button"
                onClick={() => ask(`queue ${queue}`, { paused: !isOff, queue })}
              >
                {isOff ? `Resume ${queue}` : `Pause ${queue}`}
              </button>
            </div>
          );
        })}
      </div>
      <Sources state={data} again={again} />
      <h2>Changes</h2>
      {data.events.length === 0 ? (
        <Empty>Nobody has changed anything yet.</Empty>
      ) : (
        <TextRows
          title="Changes"
          hrefFor={() => undefined}
          table={{
            columns: ['When', 'What', 'From', 'To', 'Who', 'Why'],
            rows: data.events.map(({ at, what, from, to, actor, reason }) => [
              ...[new Date(at).toISOString(), what, from, to, actor, reason],
            ]),
            none: '',
          }}
        />
      )}
    </>
  );
};
