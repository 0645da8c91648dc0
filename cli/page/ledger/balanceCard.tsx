/** The picture of an account's balance: over its last entries, or over a range that is chosen. */
import type { ConsoleSession } from '../../console/wire.ts';
import type { BalancesAnswer } from '../../console/wireViews.ts';
import { WidgetCard } from '../chart.tsx';
import { durationText } from '../format.ts';
import { Failed, Time, Waiting } from '../parts.tsx';
import { useReading } from '../reading.ts';
import { place, setWords } from '../route.ts';
import { balanceGraph, type EntryChange } from './balance.ts';

const DAY = 86_400;
const RANGES = [3_600, DAY, 7 * DAY, 30 * DAY, 365 * DAY];

/** An account, and what its balance is drawn from at first. */
interface Entries {
  readonly account: string;
  readonly unit: string;
  readonly standing: { readonly posted: string };
  readonly lines: readonly EntryChange[];
}

const Ranges = ({ range }: { range: number }) => (
  <fieldset class="tabs">
    <legend class="hidden">What the picture shows</legend>
    {[0, ...RANGES].map((seconds) => (
      <button
        type="button"
        key={seconds}
        aria-pressed={seconds === range}
        onClick={() => setWords({ range: seconds === 0 ? undefined : String(seconds) })}
      >
        {seconds === 0 ? 'last entries' : durationText(seconds * 1_000)}
      </button>
    ))}
  </fieldset>
);

const OverEntries = ({ statement }: { statement: Entries }) => {
  const { standing, unit, lines } = statement;
  const graph = balanceGraph(standing.posted, unit, lines, Date.now());
  if (!graph) return <p class="hint">A picture needs two entries, or a range.</p>;
  return (
    <>
      <WidgetCard widget={graph.widget} span={graph.span} />
      <p class="hint">
        Drawn from the last {lines.length} entries, since <Time at={lines.at(-1)?.at ?? 0} exact />.
      </p>
    </>
  );
};

/** What the points are, and what they leave out. */
const Said = ({ over }: { over: BalancesAnswer }) => {
  const unknown = over.points.filter((each) => each === null).length;
  return (
    <p class="hint">
      {over.length} points, one for each {durationText(over.binMs)}: the posted balance at its end.
      What the balance was in between is not drawn.
      {unknown > 0 && (
        <>
          {' '}
          Until <Time at={over.from + unknown * over.binMs} exact /> it is not known here: the
          entries are archived.
        </>
      )}
    </p>
  );
};

const OverRange = ({
  session,
  statement,
  range,
}: {
  session: ConsoleSession;
  statement: Entries;
  range: number;
}) => {
  const { account, unit } = statement;
  const words = { account, unit, range: String(range) };
  const { data, error, again } = useReading<BalancesAnswer>(
    'balances',
    words,
    session.refreshMs.board,
  );
  if (error && !data) return <Failed error={error} again={again} />;
  if (!data) return <Waiting what="the balances" />;
  const widget = {
    title: 'Posted balance',
    view: 'lines' as const,
    unit,
    limits: [],
    counted: [false],
    lines: [{ label: 'posted', points: data.points }],
  };
  return (
    <>
      <WidgetCard widget={widget} span={data} />
      <Said over={data} />
    </>
  );
};

/**
 * The balance over time.
 *
 * @param isOlder the statement has older entries, which do not tell what the account has now
 */
export const Balance = ({
  session,
  statement,
  isOlder,
}: {
  session: ConsoleSession;
  statement: Entries;
  isOlder: boolean;
}) => {
  const range = Number(place.value.words['range']) || 0;
  return (
    <>
      <div class="head">
        <h2 class="beside">Balance</h2>
        <Ranges range={range} />
      </div>
      {range > 0 ? (
        <OverRange {...{ session, statement, range }} key={range} />
      ) : (
        !isOlder && <OverEntries statement={statement} />
      )}
    </>
  );
};
