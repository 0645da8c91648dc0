/** The dashboard with its values: what the page draws. */
import { evaluate, type Points } from '#infra/monitoring/math.ts';
import type { DashboardSpec, Series, Widget } from '#infra/monitoring/spec.ts';
import { type MetricStore, PERIOD_SECONDS } from './store.ts';

export interface Drawn {
  readonly label: string;
  readonly points: Points;
}

/** `length` bins, from bin `first` on. */
export interface Span {
  readonly first: number;
  readonly length: number;
  /** Absent: the length of a bin in the store of an embedded cloud. */
  readonly periodSeconds?: number;
}

/** Where the values come from: an embedded cloud's own store, or CloudWatch. */
export type Measurements = Pick<MetricStore, 'points' | 'search'>;

const SIGNIFICANT = 4;
const rounded = (points: Points): Points =>
  points.map((value) => (value === undefined ? undefined : Number(value.toPrecision(SIGNIFICANT))));

const drawnOf = (
  series: Series,
  widget: Widget,
  store: Measurements,
  span: Span,
): readonly Drawn[] => {
  const { first, length, periodSeconds = PERIOD_SECONDS } = span;
  const { label } = series;
  if (series.kind === 'metric')
    return [{ label, points: store.points(series.metric, first, length) }];
  if (series.kind === 'search')
    return store
      .search(series.metric, series.by, first, length)
      .map(([value, points]) => ({ label: `${value} ${label}`, points }));
  const world = {
    length,
    periodSeconds,
    series: (id: string): Points | undefined => {
      const other = widget.series.find((each) => each.id === id);
      return other && drawnOf(other, widget, store, span)[0]?.points;
    },
  };
  return [{ label, points: evaluate(series.expression, world) }];
};

/** The lines of one widget. Hidden series serve only the expressions of others and are left out. */
export const drawWidget = (widget: Widget, store: Measurements, span: Span): readonly Drawn[] =>
  widget.series
    .filter(({ hidden }) => !hidden)
    .flatMap((series) => drawnOf(series, widget, store, span))
    .map(({ label, points }) => ({ label, points: rounded(points) }));

/** The lines of all widgets, in the order of the rows. */
export const drawAll = (
  { rows }: DashboardSpec,
  store: Measurements,
  span: Span,
): readonly (readonly Drawn[])[] =>
  rows.flatMap(({ widgets }) => widgets.map((widget) => drawWidget(widget, store, span)));
