/** A graph with a legend that shows the values as text; or the values alone, in large figures. */
import { h } from './dom.ts';
import { number } from './format.ts';
import type { Drawn, Points, WidgetInfo } from './live.ts';
import { colourOf, LEFT, paint, type Window } from './paint.ts';

const lastOf = (points: Points): number | undefined =>
  points.findLast((value) => value !== null) ?? undefined;

export interface Chart {
  readonly element: HTMLElement;
  draw(drawn: readonly Drawn[], window: Window): void;
}

/**
 * A graph of the widget's lines. The legend shows the value under the pointer, else the latest
 * value.
 */
export const createChart = (info: WidgetInfo): Chart => {
  const canvas = h('canvas', { role: 'img' });
  const legend = h('ul', { class: 'legend' });
  let state: { readonly drawn: readonly Drawn[]; readonly window: Window } | undefined;
  let at: number | undefined;

  const tell = (drawn: readonly Drawn[]): void => {
    const items = drawn.map(({ label, points }, index) => {
      const swatch = h('i');
      swatch.style.background = colourOf(index);
      const value = at === undefined ? lastOf(points) : (points[at] ?? undefined);
      return h('li', {}, swatch, `${label} `, h('b', {}, number(value)));
    });
    legend.replaceChildren(...items);
    const spoken = drawn.map(({ label, points }) => `${label} ${number(lastOf(points))}`);
    canvas.setAttribute('aria-label', `${info.title}: ${spoken.join(', ') || 'nothing yet'}`);
  };
  const redraw = (): void => {
    if (!state) return;
    paint(canvas, info, state.drawn, state.window, at);
    tell(state.drawn);
  };
  canvas.addEventListener('pointermove', ({ offsetX }) => {
    if (!state) return;
    const share = (offsetX - LEFT) / (canvas.clientWidth - LEFT - 4);
    const last = state.window.length - 1;
    at = Math.max(0, Math.min(last, Math.round(share * last)));
    redraw();
  });
  canvas.addEventListener('pointerleave', () => {
    at = undefined;
    redraw();
  });
  return {
    element: h('div', {}, canvas, legend),
    draw: (drawn, window) => {
      state = { drawn, window };
      redraw();
    },
  };
};

/** The latest value of each series, in large figures. */
export const createFigures = (): Chart => {
  const element = h('div', { class: 'figures' });
  return {
    element,
    draw: (drawn) => {
      const figures = drawn.map(({ label, points }) =>
        h('div', { class: 'figure' }, h('b', {}, number(lastOf(points))), label),
      );
      element.replaceChildren(...figures);
    },
  };
};
