/** Sources that are paused, or have limits of their own. */
import type { MeshState } from '../../console/wire.ts';
import { openDialog } from '../actions/dialogs.tsx';

const SOURCE = { name: 'source', label: 'Source', type: 'text' } as const;
const LIMITS = [
  { name: 'perMinute', label: 'Starts a minute', type: 'number' },
  { name: 'burst', label: 'Starts at once', type: 'number' },
  { name: 'concurrency', label: 'Attempts at the same time', type: 'number' },
] as const;

interface SourcesProps {
  readonly state: MeshState;
  readonly again: () => void;
}

const limitsText = ({ perMinute, burst, concurrency }: MeshState['limits'][string] = {}): string =>
  [
    perMinute !== undefined && `${perMinute} a minute`,
    burst !== undefined && `${burst} at once`,
    concurrency !== undefined && `${concurrency} at the same time`,
  ]
    .filter(Boolean)
    .join(', ');

const Source = ({ source, state, again }: SourcesProps & { source: string }) => {
  const isPaused = state.pausedSources.includes(source);
  const limits = state.limits[source];
  const resume = { paused: false, source };
  const clear = { source, clear: true };
  return (
    <div class="card row">
      <span>
        <span class="id">{source}</span> {limitsText(limits)}{' '}
        {isPaused && <span class="mark">paused</span>}
      </span>
      <span class="buttons">
        {isPaused && (
          <button
            type="button"
            onClick={() =>
              openDialog({
                action: 'pause',
                words: 'unpause',
                ids: [`source ${source}`],
                more: resume,
                done: again,
              })
            }
          >
            Resume {source}
          </button>
        )}
        {limits && (
          <button
            type="button"
            onClick={() =>
              openDialog({
                action: 'limits',
                words: 'clear',
                ids: [source],
                more: clear,
                done: again,
              })
            }
          >
            Clear limits of {source}
          </button>
        )}
      </span>
    </div>
  );
};

/** Each such source, and what can be done to any other. */
export const Sources = ({ state, again }: SourcesProps) => {
  const names = [...new Set([...state.pausedSources, ...Object.keys(state.limits)])].sort();
  const a = { ids: ['a source'], done: again };
  const pause = { ...a, action: 'pause', asks: [SOURCE], more: { paused: true } };
  const limit = { ...a, action: 'limits', asks: [SOURCE, ...LIMITS] };
  return (
    <>
      <h2>Sources</h2>
      <p class="hint">Those that are paused, or have limits in place of the configured default.</p>
      <div class="pair">
        {names.map((source) => (
          <Source source={source} state={state} again={again} key={source} />
        ))}
      </div>
      <div class="buttons start below">
        <button type="button" onClick={() => openDialog(pause)}>
          Pause a source
        </button>
        <button type="button" onClick={() => openDialog(limit)}>
          Limit a source
        </button>
      </div>
    </>
  );
};
