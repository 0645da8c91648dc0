/** Paints lines and areas on a canvas. */
import { clock, number } from './format.ts';
import type { Drawn, Points, WidgetInfo } from './live.ts';

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
/** Width of the space for the labels of the axis, in CSS pixels. */
export const LEFT = 40;
const BOTTOM = 16;
const TOP = 6;

interface Scale {
  readonly width: number;
  readonly height: number;
  readonly max: number;
  x(index: number): number;
  y(value: number): number;
}

const niceMax = (value: number): number => {
  if (value <= 0) return 1;
  const power = 10 ** Math.floor(Math.log10(value));
  return ([1, 2, 2.5, 5, 10].find((step) => step * power >= value) ?? 10) * power;
};

const largest = (all: readonly Points[]): number =>
  all.reduce(
    (max, points) => points.reduce<number>((most, value) => Math.max(most, value ?? 0), max),
    0,
  );

const stack = (drawn: readonly Drawn[]): readonly Points[] => {
  let below: Points = [];
  return drawn.map(({ points }) => {
    below = points.map((value, index) => (below[index] ?? 0) + (value ?? 0));
    return below;
  });
};

const scaleOf = (canvas: HTMLCanvasElement, length: number, max: number): Scale => {
  const { clientWidth: width, clientHeight: height } = canvas;
  return {
    width,
    height,
    max,
    x: (index) => LEFT + ((width - LEFT - 4) * index) / Math.max(1, length - 1),
    y: (value) => TOP + (height - TOP - BOTTOM) * (1 - value / max),
  };
};

const drawLine = (context: CanvasRenderingContext2D, points: Points, scale: Scale): void => {
  let last: number | undefined;
  context.beginPath();
  points.forEach((value, index) => {
    if (value === null) return;
    const [x, y] = [scale.x(index), scale.y(value)];
    const follows = last !== undefined && index - last <= GAP_MAX;
    if (follows) context.lineTo(x, y);
    // A value without a neighbour makes no line: a dot shows it.
    else context.rect(x - 1, y - 1, 2, 2);
    if (!follows) context.moveTo(x, y);
    last = index;
  });
  context.stroke();
};

const drawArea = (
  context: CanvasRenderingContext2D,
  points: Points,
  below: Points | undefined,
  scale: Scale,
): void => {
  context.beginPath();
  points.forEach((value, index) => {
    context.lineTo(scale.x(index), scale.y(value ?? 0));
  });
  for (let index = points.length - 1; index >= 0; index -= 1)
    context.lineTo(scale.x(index), scale.y(below?.[index] ?? 0));
  context.fill();
};

const drawAxes = (
  context: CanvasRenderingContext2D,
  scale: Scale,
  times: readonly [string, string],
): void => {
  const style = getComputedStyle(document.documentElement);
  context.font = '11px system-ui, sans-serif';
  context.strokeStyle = style.getPropertyValue('--line');
  context.fillStyle = style.getPropertyValue('--dim');
  context.lineWidth = 1;
  context.textAlign = 'right';
  for (const share of [0, 0.5, 1]) {
    const y = Math.round(scale.y(scale.max * share)) + 0.5;
    context.beginPath();
    context.moveTo(LEFT, y);
    context.lineTo(scale.width - 4, y);
    context.stroke();
    context.fillText(number(scale.max * share), LEFT - 6, y + 4);
  }
  context.fillText(times[1], scale.width - 4, scale.height - 3);
  context.textAlign = 'left';
  context.fillText(times[0], LEFT, scale.height - 3);
};

const drawLimits = (
  context: CanvasRenderingContext2D,
  limits: WidgetInfo['limits'],
  scale: Scale,
): void => {
  context.setLineDash([5, 4]);
  context.strokeStyle = getComputedStyle(document.documentElement).getPropertyValue('--bad');
  for (const { value } of limits) {
    context.beginPath();
    context.moveTo(LEFT, scale.y(value));
    context.lineTo(scale.width - 4, scale.y(value));
    context.stroke();
  }
  context.setLineDash([]);
};

export interface Window {
  /** ms since the epoch: the start of the first bin. */
  readonly from: number;
  readonly binMs: number;
  readonly length: number;
}

const drawCross = (
  context: CanvasRenderingContext2D,
  at: number,
  scale: Scale,
  window: Window,
): void => {
  const style = getComputedStyle(document.documentElement);
  context.strokeStyle = style.getPropertyValue('--dim');
  context.fillStyle = style.getPropertyValue('--text');
  context.beginPath();
  context.moveTo(scale.x(at), TOP);
  context.lineTo(scale.x(at), scale.height - BOTTOM);
  context.stroke();
  context.textAlign = at > window.length / 2 ? 'right' : 'left';
  const beside = at > window.length / 2 ? -5 : 5;
  context.fillText(clock(window.from + at * window.binMs), scale.x(at) + beside, TOP + 9);
};

/**
 * Paints one widget. Does nothing while the canvas has no width.
 *
 * @param at the bin under the pointer, from the start of the window
 */
export const paint = (
  canvas: HTMLCanvasElement,
  info: WidgetInfo,
  drawn: readonly Drawn[],
  window: Window,
  at: number | undefined,
): void => {
  const ratio = devicePixelRatio;
  canvas.width = canvas.clientWidth * ratio;
  canvas.height = canvas.clientHeight * ratio;
  const context = canvas.getContext('2d');
  if (!context || canvas.clientWidth === 0) return;
  context.scale(ratio, ratio);
  const stacked = info.view === 'stacked';
  const lines = stacked ? stack(drawn) : drawn.map(({ points }) => points);
  const top = Math.max(largest(lines), ...info.limits.map(({ value }) => value));
  const scale = scaleOf(canvas, window.length, niceMax(top));
  const end = window.from + window.length * window.binMs;
  drawAxes(context, scale, [clock(window.from), clock(end)]);
  context.lineWidth = 1.5;
  context.lineJoin = 'round';
  lines.forEach((points, index) => {
    context.strokeStyle = context.fillStyle = colourOf(index);
    if (stacked) drawArea(context, points, lines[index - 1], scale);
    else drawLine(context, points, scale);
  });
  drawLimits(context, info.limits, scale);
  if (at !== undefined) drawCross(context, at, scale, window);
};
