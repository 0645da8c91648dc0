/** Compares the ledger with its journal, and tells how far that is. */
import { useEffect, useState } from 'preact/hooks';
import type { VerifyState } from '../../console/wireViews.ts';
import { askConsole } from '../ask.ts';
import { durationText } from '../format.ts';
import { Failed, Time } from '../parts.tsx';
import { onPress, useReading } from '../reading.ts';

const RUNNING_MS = 500;
const RESTING_MS = 5_000;

const count = (n: number): string => n.toLocaleString('en-GB');

const tookText = ({ startedAt, endedAt }: VerifyState): string =>
  startedAt === undefined || endedAt === undefined
    ? ''
    : `, in ${durationText(endedAt - startedAt)}`;

const Progress = ({ state }: { state: VerifyState }) => {
  const { blocks, blocksTotal, items } = state;
  return (
    <>
      <progress aria-label="Blocks of the journal" max={Math.max(1, blocksTotal)} value={blocks} />
      <p role="status">
        {blocks === 0
          ? `Items read: ${count(items)}.`
          : `${count(blocks)} of ${count(Math.max(blocks, blocksTotal))} blocks of the journal executed again.`}
      </p>
    </>
  );
};

const Verdict = ({ state }: { state: VerifyState }) => {
  const { seen, problem, fault } = state;
  if (state.state === 'right' && seen)
    return (
      <p class="verdict good" role="status">
        <strong>All is as the journal says</strong>: {count(seen.blocks)} blocks,{' '}
        {count(seen.transfers)} transfers, {count(seen.accounts)} accounts, {count(seen.balances)}{' '}
        balances, {count(seen.holds)} open holds
        {tookText(state)}. {state.endedAt !== undefined && <Time at={state.endedAt} />}
      </p>
    );
  if (state.state === 'wrong' && problem)
    return (
      <div class="verdict bad" role="alert">
        <strong>{problem.where}</strong> {problem.what}.
        <p>
          Pause the mesh. Then <code>npx sheratan ledger repair</code> rebuilds what follows from
          the journal.
        </p>
      </div>
    );
  if (state.state === 'unsure' && problem)
    return (
      <div class="verdict unsure" role="alert">
        <strong>Not sure</strong>: {problem.where} {problem.what}.
        <p>
          It was not the same at each look, so somebody writes: pause the mesh, and verify again.
        </p>
      </div>
    );
  if (state.state === 'failed')
    return (
      <p class="fault" role="alert">
        The look could not go on: {fault}
      </p>
    );
  return <p role="status">Stopped.</p>;
};

/** The card of the verification, below the accounts. */
export const Verify = ({ embedded }: { embedded: boolean }) => {
  const [isRunning, setRunning] = useState(false);
  const everyMs = isRunning ? RUNNING_MS : RESTING_MS;
  const { data, error, again } = useReading<VerifyState>('verify', {}, everyMs);
  const runs = data?.state === 'runs';
  useEffect(() => setRunning(runs), [runs]);
  const tell = async (wish: 'start' | 'stop'): Promise<void> => {
    await askConsole('verify', { do: wish });
    again();
  };
  if (error && !data) return <Failed error={error} again={again} />;
  if (!data) return null;
  return (
    <section class="card verify" aria-labelledby="verify-title">
      <h2 id="verify-title" class="card-title">
        The journal
      </h2>
      <p class="hint">
        Executes the whole journal again, and compares every item with the result. Changes nothing.
        {data.state === 'never' && ` The journal has ${count(data.blocksTotal)} blocks.`}
        {!embedded && ' It reads the whole table of the ledger: AWS charges for these reads.'}
      </p>
      {runs && <Progress state={data} />}
      {!runs && data.state !== 'never' && <Verdict state={data} />}
      <div class="buttons start">
        {runs ? (
          <button type="button" onClick={() => onPress(tell('stop'))}>
            Stop
          </button>
        ) : (
          <button type="button" onClick={() => onPress(tell('start'))}>
            {data.state === 'never' ? 'Verify the ledger' : 'Verify again'}
          </button>
        )}
      </div>
    </section>
  );
};
