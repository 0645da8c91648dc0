/** The map of waits: what holds jobs back, and which jobs it holds. */
import type { ConsoleSession } from '../../console/wire.ts';
import type { WaitCause, WaitMap } from '../../console/wireViews.ts';
import { useAgainAfterActions } from '../actions/dialogs.tsx';
import { Empty, Failed, JobLink, Waiting } from '../parts.tsx';
import { useReading } from '../reading.ts';
import { hrefOf } from '../route.ts';
import { WaitGraph } from './waitGraph.tsx';

/** The map reads many rows: it is drawn again more rarely than a list. */
const RARELY = 3;

/** Where a person can do something about the cause. */
const placeFor = ({ kind, name }: WaitCause): readonly [string, string] | undefined => {
  switch (kind) {
    case 'mesh':
    case 'queue':
    case 'source':
    case 'limit':
      return [hrefOf('mesh'), 'Change it'];
    case 'group':
      return [hrefOf('groups'), 'Decide'];
    case 'host':
      return [hrefOf('hosts', name), 'Open the host'];
    default:
      return undefined;
  }
};

const HOLDS: Readonly<Partial<Record<WaitCause['kind'], string>>> = {
  group: 'held by',
  limit: 'slots of',
  host: 'slots of',
};

const Holder = ({ cause }: { cause: WaitCause }) => {
  const { kind, title, why, holders, name } = cause;
  const place = placeFor(cause);
  const holds = HOLDS[kind];
  return (
    <div class={`cause ${kind}`}>
      <h2 class="card-title">{kind === 'job' ? <JobLink id={name} /> : title}</h2>
      {why && <p>{why}</p>}
      {holds && holders.length > 0 && (
        <p class="dim">
          {holds}{' '}
          {holders.map((id) => (
            <span key={id}>
              <JobLink id={id} />{' '}
            </span>
          ))}
        </p>
      )}
      {place && <a href={place[0]}>{place[1]}</a>}
    </div>
  );
};

const Waiters = ({ cause: { waiters, more } }: { cause: WaitCause }) =>
  waiters.length === 0 ? (
    <p class="dim no-waiters">No job with a record waits.</p>
  ) : (
    <ul class="waiters">
      {waiters.map(({ job, says }) => (
        <li key={job}>
          <JobLink id={job} /> {says && <span class="dim">{says}</span>}
        </li>
      ))}
      {more > 0 && <li class="dim">and {more} more</li>}
    </ul>
  );

/** The view `waits`. */
export const Waits = ({ session }: { session: ConsoleSession }) => {
  const everyMs = session.refreshMs.lists * RARELY;
  const { data, error, again } = useReading<WaitMap>('waits', {}, everyMs);
  useAgainAfterActions(again);
  return (
    <>
      <h1>Waits</h1>
      <p class="hint">
        A box hangs below what it waits for. In the list: what holds jobs back, and the jobs that
        wait for it. A job whose message SQS has not given to a worker yet has no record, and is not
        here.
        {data &&
          !data.whole &&
          ' Looked at: jobs that the table keeps without a message, and halted groups. For the others open a job.'}
      </p>
      {error && <Failed error={error} again={again} />}
      {!data && !error && <Waiting what="waits" />}
      {data && data.causes.length === 0 && (
        <Empty>
          <p>No job waits for another job, a limit, a pause, a signal or a full host.</p>
          <p class="dim">Open jobs that were looked at: {data.looked}.</p>
          <a href={hrefOf('jobs')}>All jobs</a>
        </Empty>
      )}
      {data && <WaitGraph causes={data.causes} />}
      {data && data.causes.length > 0 && (
        <ol class="waits">
          {data.causes.map((cause) => (
            <li key={`${cause.kind} ${cause.name}`} class="card" data-cause={cause.kind}>
              <Holder cause={cause} />
              <span class="arrow" aria-hidden="true" />
              <Waiters cause={cause} />
            </li>
          ))}
        </ol>
      )}
    </>
  );
};
