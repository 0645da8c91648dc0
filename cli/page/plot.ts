/** Draws lines and areas over time: what uPlot is told about a widget. */
import uPlot from 'uplot';
import type { BoardWidget } from '../console/wire.ts';
import { clock, numberText } from './format.ts';

type LinePoints = BoardWidget['lines'][number]['points'];
type WidgetInfo = Pick<BoardWidget, 'view' | 'limits'>;

/** People who see fewer colours can tell these apart, on light and on dark backgrounds. */
const COLOURS = [
  '#2f7fd6',
  '#e0752d',
  '#2a9d6f',
  '#c0489b',
  '#8a6fdf',
  '#b58a1b',
  '#4fa8b8',
  '#d6485b',
];
/** The colour of a widget's line by its position; colours repeat after eight. */
export const colourOf = (index: number): string => COLOURS[index % COLOURS.length] ?? '#888';

/** A line crosses at most this many bins without a value. */
const GAP_MAX = 12;
const HEIGHT = 160;
const DAY_MS = 86_400_000;
const FONT = '11px system-ui, sans-serif';

interface TimeWindow {
  /** ms since the epoch: the start of the first bin. */
  readonly from: number;
  readonly binMs: number;
  readonly length: number;
}

const dayText = (ms: number): string =>
  new Date(ms).toLocaleString('en-GB', {
    day: 'numeric',
    month: 'short',
    hour: '2-digit',
    minute: '2-digit',
  });

const styled = (name: string) => (): string =>
  getComputedStyle(document.documentElement).getPropertyValue(name);

/** Sums from the first line up, for areas on top of each other. */
export const stack = (lines: readonly LinePoints[]): readonly LinePoints[] => {
  let below: readonly number[] = [];
  return lines.map((points) => {
    below = points.map((value, index) => (below[index] ?? 0) + (value ?? 0));
    return below;
  });
};

/** Without the gaps of up to GAP_MAX bins: the line crosses these. */
const longGaps: uPlot.Series.GapsRefiner = (plot, _series, _from, _to, gaps) =>
  gaps.filter(([left, right]) => {
    const step = plot.bbox.width / Math.max(1, (plot.data[0]?.length ?? 1) - 1);
    return right - left > GAP_MAX * step;
  });

const axis = (more: uPlot.Axis): uPlot.Axis => ({
  stroke: styled('--dim'),
  font: FONT,
  grid: { stroke: styled('--line'), width: 1 },
  ticks: { show: false },
  ...more,
});

/** Limits of a widget as dashed lines. */
const drawLimits =
  (limits: WidgetInfo['limits']) =>
  (plot: uPlot): void => {
    const { ctx, bbox } = plot;
    ctx.save();
    ctx.setLineDash([5 * devicePixelRatio, 4 * devicePixelRatio]);
    ctx.strokeStyle = styled('--bad')();
    ctx.lineWidth = devicePixelRatio;
    for (const { value } of limits) {
      const y = plot.valToPos(value, 'y', true);
      ctx.beginPath();
      ctx.moveTo(bbox.left, y);
      ctx.lineTo(bbox.left + bbox.width, y);
      ctx.stroke();
    }
    ctx.restore();
  };

const seriesOf = (index: number, filled: boolean): uPlot.Series => ({
  stroke: colourOf(index),
  width: filled ? 0 : 1.5,
  ...(filled && { fill: colourOf(index) }),
  points: { show: false },
  gaps: longGaps,
});

/**
 * A plot for so many lines.
 *
 * @param spanMs how long the window is: long ones have dates on their axis
 * @param onPoint called with the bin under the pointer, from the start of the window
 */
export const createPlot = (
  element: HTMLElement,
  { view, limits }: WidgetInfo,
  count: number,
  spanMs: number,
  onPoint: (at: number | undefined) => void,
): uPlot => {
  const stacked = view === 'stacked';
  const top = Math.max(0, ...limits.map(({ value }) => value));
  const indexes = Array.from({ length: count }, (_, index) => index);
  return new uPlot(
    {
      width: Math.max(1, element.clientWidth),
      height: HEIGHT,
      ms: 1,
      legend: { show: false },
      padding: [8, 10, 0, 0],
      cursor: { y: false, drag: { x: false, y: false }, points: { show: !stacked } },
      scales: {
        y: {
          range: (_plot, min, max) => [Math.min(0, min) * 1.05, Math.max(max, top) * 1.05 || 1],
        },
      },
      axes: [
        axis({
          size: 24,
          values: (_plot, times) => times.map(spanMs > DAY_MS ? dayText : clock),
          space: 90,
        }),
        axis({ size: 44, values: (_plot, values) => values.map(numberText), space: 34 }),
      ],
      series: [{}, ...indexes.map((index) => seriesOf(index, stacked))],
      // An area reaches down to the one below it.
      ...(stacked && {
        bands: indexes
          .slice(1)
          .map((index) => ({ series: [index + 1, index] as [number, number] })),
      }),
      hooks: {
        draw: [drawLimits(limits)],
        setCursor: [({ cursor }) => onPoint(cursor.idx ?? undefined)],
      },
    },
    [[], ...indexes.map(() => [])],
    element,
  );
};

/** The times of a window's bins, as uPlot's x values; then each line. */
export const dataOf = (
  lines: readonly LinePoints[],
  { from, binMs, length }: TimeWindow,
): uPlot.AlignedData => [
  Array.from({ length }, (_, index) => from + index * binMs),
  ...lines.map((points) => [...points]),
];
