/** One host: its state, its uptime as strips, the jobs that it runs, and its changes. */
import type { ConsoleSession } from '../../console/wire.ts';
import type { HostWhole, UptimeBin } from '../../console/wireViews.ts';
import { openDialog, useAgainAfterActions } from '../actions/dialogs.tsx';
import { Empty, Failed, JobLink, Time, Waiting } from '../parts.tsx';
import { useReading } from '../reading.ts';
import { hrefOf } from '../route.ts';
import { TextRows } from '../textRows.tsx';

const WIDTH = 10;
const GAP = 2;
const HEIGHT = 36;
/** A single failed probe must be seen. */
const SEEN_MIN = 3;

const dayText = (at: number): string =>
  new Date(at).toLocaleDateString('en-GB', { day: 'numeric', month: 'short', timeZone: 'UTC' });
const hourText = (at: number): string =>
  new Date(at).toLocaleTimeString('en-GB', { hour: '2-digit', minute: '2-digit' });

interface StripProps {
  readonly title: string;
  readonly bins: readonly UptimeBin[];
  readonly nameOf: (at: number) => string;
}

const toldOf = ({ at, probes, passes }: UptimeBin, nameOf: StripProps['nameOf']): string =>
  probes === 0
    ? `${nameOf(at)}: not probed`
    : `${nameOf(at)}: ${passes} of ${probes} probes passed`;

/** What a strip says, in words. */
const spokenOf = ({ title, bins, nameOf }: StripProps): string => {
  const bad = bins.filter(({ probes, passes }) => passes < probes);
  if (bins.every(({ probes }) => probes === 0)) return `${title}: not probed`;
  if (bad.length === 0) return `${title}: no probe failed`;
  return `${title}: ${bad.map((each) => toldOf(each, nameOf)).join('; ')}`;
};

const Bar = ({ bin, index, told }: { bin: UptimeBin; index: number; told: string }) => {
  const { probes, passes } = bin;
  const x = index * (WIDTH + GAP);
  const lost = probes === 0 ? 0 : ((probes - passes) / probes) * HEIGHT;
  const failed = lost === 0 ? 0 : Math.max(SEEN_MIN, lost);
  return (
    <g>
      <title>{told}</title>
      <rect
        class={probes === 0 ? 'none' : 'good'}
        x={x}
        y={failed}
        width={WIDTH}
        height={HEIGHT - failed}
      />
      {failed > 0 && <rect class="bad" x={x} y={0} width={WIDTH} height={failed} />}
    </g>
  );
};

/** A bar for each hour or day: what failed hangs from its top. */
const Strip = (props: StripProps) => {
  const { title, bins, nameOf } = props;
  const [first] = bins;
  return (
    <figure class="strip">
      <figcaption>{title}</figcaption>
      <svg
        role="img"
        aria-label={spokenOf(props)}
        viewBox={`0 0 ${bins.length * (WIDTH + GAP) - GAP} ${HEIGHT}`}
        preserveAspectRatio="none"
      >
        {bins.map((bin, index) => (
          <Bar key={bin.at} bin={bin} index={index} told={toldOf(bin, nameOf)} />
        ))}
      </svg>
      <p class="scale">
        <span>{first && nameOf(first.at)}</span>
        <span>now</span>
      </p>
    </figure>
  );
};

const Uptime = ({ host }: { host: HostWhole }) => (
  <section class="card" aria-labelledby="uptime-title">
    <h2 id="uptime-title" class="card-title">
      Uptime
    </h2>
    <div class="figures">
      {host.uptime.map(([window, text]) => (
        <div class="figure" key={window}>
          <b>{text}</b>
          {window}
        </div>
      ))}
    </div>
    <Strip title="Each hour of the last day" bins={host.hours} nameOf={hourText} />
    <Strip title="Each day of the last 90, in UTC" bins={host.days} nameOf={dayText} />
    <p class="hint strip-key">
      <i class="good" /> passed <i class="bad" /> failed <i class="none" /> not probed
    </p>
  </section>
);

const Running = ({ host: { id, jobs, slots } }: { host: HostWhole }) => (
  <>
    <h2>
      Jobs <span class="dim">{`${slots.used} of ${slots.all} slots in use`}</span>
    </h2>
    {jobs.length === 0 ? (
      <Empty>The host runs no job now.</Empty>
    ) : (
      <ul class="card plain">
        {jobs.map(({ job, until }) => (
          <li key={job}>
            <JobLink id={job} />{' '}
            <span class="dim">
              its lease ends <Time at={until} exact />
            </span>
          </li>
        ))}
      </ul>
    )}
    <p>
      <a href={hrefOf('jobs', '', { host: id })}>All jobs that it was asked to run</a>
    </p>
  </>
);

const Changes = ({ changes }: Pick<HostWhole, 'changes'>) => (
  <>
    <h2>Changes</h2>
    {changes.length === 0 ? (
      <Empty>No change of its state is known.</Empty>
    ) : (
      <TextRows
        title="Changes"
        hrefFor={() => undefined}
        table={{
          columns: ['Since', 'From', 'To', 'Why'],
          rows: changes.map(({ since, from, to, reason }) => [
            ...[new Date(since).toISOString(), from, to, reason === 'none' ? '' : reason],
          ]),
          none: '',
        }}
      />
    )}
  </>
);

/** The view of one host. */
export const HostPage = ({ session, id }: { session: ConsoleSession; id: string }) => {
  const reading = useReading<HostWhole>('host', { id }, session.refreshMs.lists);
  const { data, error, isKnown, again } = reading;
  useAgainAfterActions(again);
  if (error && !data) return <Failed error={error} again={again} />;
  if (!data)
    return isKnown ? (
      <Empty>
        There is no host {id}. <a href={hrefOf('hosts')}>All hosts</a>
      </Empty>
    ) : (
      <Waiting what={`host ${id}`} />
    );
  const { isDrained } = data;
  const drain = {
    ...{ action: 'drain', ids: [id], done: again },
    ...(isDrained && { words: 'undrain' }),
    more: { drained: !isDrained },
  };
  return (
    <>
      <div class="head">
        <h1>
          <span class="id">{data.id}</span>{' '}
          <span class={`host-state ${data.state}`}>{data.state}</span>
        </h1>
        <button type="button" onClick={() => openDialog(drain)}>
          {isDrained ? 'Undrain' : 'Drain'}
        </button>
      </div>
      <dl class="facts">
        <div>
          <dt>address</dt>
          <dd class="id">{data.endpoint}</dd>
        </div>
        {data.facts
          .filter(([, text]) => text !== '' && text !== '-')
          .map(([name, text]) => (
            <div key={name}>
              <dt>{name}</dt>
              <dd>{text}</dd>
            </div>
          ))}
      </dl>
      <Uptime host={data} />
      <Running host={data} />
      <Changes changes={data.changes} />
    </>
  );
};
