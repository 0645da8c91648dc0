/** A graph with a legend that shows the values as text; or the values alone, in large figures. */
import type uPlot from 'uplot';
import { h } from './dom.ts';
import { numberText } from './format.ts';
import type { DrawnLine, LinePoints, WidgetInfo } from './live.ts';
import { colourOf, createPlot, dataOf, stack, type TimeWindow } from './plot.ts';

const lastOf = (points: LinePoints): number | undefined =>
  points.findLast((value) => value !== null) ?? undefined;

export interface WidgetChart {
  readonly element: HTMLElement;
  draw(drawn: readonly DrawnLine[], window: TimeWindow): void;
}

/**
 * A graph of the widget's lines. The legend shows the value under the pointer, else the latest
 * value.
 */
export const createWidgetChart = (info: WidgetInfo): WidgetChart => {
  const frame = h('div', { class: 'plot', role: 'img' });
  const legend = h('ul', { class: 'legend' });
  let drawn: readonly DrawnLine[] = [];
  let plot: uPlot | undefined;
  let at: number | undefined;

  const tell = (): void => {
    const items = drawn.map(({ label, points }, index) => {
      const swatch = h('i');
      swatch.style.background = colourOf(index);
      const value = at === undefined ? lastOf(points) : (points[at] ?? undefined);
      return h('li', {}, swatch, `${label} `, h('b', {}, numberText(value)));
    });
    legend.replaceChildren(...items);
    const spoken = drawn.map(({ label, points }) => `${label} ${numberText(lastOf(points))}`);
    frame.setAttribute('aria-label', `${info.title}: ${spoken.join(', ') || 'nothing yet'}`);
  };
  const point = (index: number | undefined): void => {
    if (index === at) return;
    at = index;
    tell();
  };
  /** uPlot has a fixed number of lines: a new line needs a new plot. */
  const plotFor = (count: number): uPlot => {
    if (plot && plot.series.length === count + 1) return plot;
    plot?.destroy();
    plot = createPlot(frame, info, count, point);
    return plot;
  };
  return {
    element: h('div', {}, frame, legend),
    draw: (next, window) => {
      drawn = next;
      tell();
      if (frame.clientWidth === 0) return;
      const lines = drawn.map(({ points }) => points);
      const current = plotFor(lines.length);
      if (current.width !== frame.clientWidth)
        current.setSize({ width: frame.clientWidth, height: current.height });
      current.setData(dataOf(info.view === 'stacked' ? stack(lines) : lines, window));
    },
  };
};

/** The latest value of each series, in large figures. */
export const createFigures = (): WidgetChart => {
  const element = h('div', { class: 'figures' });
  return {
    element,
    draw: (drawn) => {
      const figures = drawn.map(({ label, points }) =>
        h('div', { class: 'figure' }, h('b', {}, numberText(lastOf(points))), label),
      );
      element.replaceChildren(...figures);
    },
  };
};
