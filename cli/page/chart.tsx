/** A graph with a legend that shows the values as text; or the values alone, in large figures. */
import { useEffect, useRef, useState } from 'preact/hooks';
import type uPlot from 'uplot';
import type { Board, BoardWidget } from '../console/wire.ts';
import { numberText } from './format.ts';
import { colourOf, createPlot, dataOf, stack } from './plot.ts';

const DAY_MS = 86_400_000;

type Points = BoardWidget['lines'][number]['points'];
type Span = Pick<Board, 'from' | 'binMs' | 'length'>;

const lastOf = (points: Points): number | undefined =>
  points.findLast((value) => value !== null) ?? undefined;

const totalOf = (points: Points): number =>
  points.reduce<number>((sum, value) => sum + (value ?? 0), 0);

const spokenOf = ({ title, lines }: BoardWidget): string => {
  const values = lines.map(({ label, points }) => `${label} ${numberText(lastOf(points))}`);
  return `${title}: ${values.join(', ') || 'nothing yet'}`;
};

/**
 * Of counts the sum over the range and the last value, else the last value; while the pointer is on
 * the graph the value below it.
 */
const Told = ({ points, counted, at }: { points: Points; counted: boolean; at?: number }) => {
  if (at !== undefined) return <b>{numberText(points[at] ?? undefined)}</b>;
  const last = numberText(lastOf(points));
  if (!counted) return <b>{last}</b>;
  return (
    <>
      <b>{numberText(totalOf(points))}</b> <span class="dim">last {last}</span>
    </>
  );
};

const Legend = ({ widget, at }: { widget: BoardWidget; at: number | undefined }) => (
  <ul class="legend">
    {widget.lines.map(({ label, points }, index) => (
      <li key={label}>
        <i ref={(element) => element?.style.setProperty('background', colourOf(index))} />
        {label}{' '}
        <Told
          points={points}
          counted={widget.counted[index] ?? false}
          {...(at !== undefined && { at })}
        />
      </li>
    ))}
  </ul>
);

const Graph = ({ widget, span }: { widget: BoardWidget; span: Span }) => {
  const frame = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot>(undefined);
  const [at, setAt] = useState<number>();
  const count = widget.lines.length;
  const isLong = span.binMs * span.length > DAY_MS;
  useEffect(() => {
    const element = frame.current;
    if (!element || count === 0) return undefined;
    // uPlot has a fixed number of lines: a new line needs a new plot.
    const made = createPlot(element, widget, count, span.binMs * span.length, setAt);
    plot.current = made;
    const fit = (): void => made.setSize({ width: element.clientWidth, height: made.height });
    const watch = new ResizeObserver(fit);
    watch.observe(element);
    return () => {
      watch.disconnect();
      made.destroy();
      plot.current = undefined;
    };
  }, [count, widget.title, isLong]);
  useEffect(() => {
    const lines = widget.lines.map(({ points }) => points);
    plot.current?.setData(dataOf(widget.view === 'stacked' ? stack(lines) : lines, span));
  }, [widget, span.from, span.binMs, span.length, count, isLong]);
  return (
    <>
      <div class="plot" role="img" aria-label={spokenOf(widget)} ref={frame}>
        {count === 0 && <p class="nothing">nothing measured yet</p>}
      </div>
      {count > 0 && <Legend widget={widget} at={at} />}
    </>
  );
};

/** Paints only what is near the reader's eyes, so the page stays quick with any number of graphs. */
const useSeen = () => {
  const card = useRef<HTMLElement>(null);
  const [isSeen, setSeen] = useState(false);
  useEffect(() => {
    const seen = new IntersectionObserver(
      (entries) => setSeen(entries.some(({ isIntersecting }) => isIntersecting)),
      { rootMargin: '300px' },
    );
    if (card.current) seen.observe(card.current);
    return () => seen.disconnect();
  }, []);
  return { card, isSeen };
};

/** One graph of the board, in its card. */
export const WidgetCard = ({ widget, span }: { widget: BoardWidget; span: Span }) => {
  const { card, isSeen } = useSeen();
  return (
    <section class="card" data-widget={widget.title} ref={card}>
      <h3>
        {widget.title} <span class="dim">{widget.unit}</span>
      </h3>
      {widget.view === 'numbers' ? (
        <div class="figures">
          {widget.lines.map(({ label, points }) => (
            <div class="figure" key={label}>
              <b>{numberText(lastOf(points))}</b>
              {label}
            </div>
          ))}
        </div>
      ) : isSeen ? (
        <Graph widget={widget} span={span} />
      ) : (
        <div class="plot" />
      )}
    </section>
  );
};
