/** The dashboard: the rows and widgets of its definition, and what queues and tables hold. */

import { alarmCards } from './alarms.ts';
import { createFigures, createWidgetChart, type WidgetChart } from './chart.ts';
import { h, hinted } from './dom.ts';
import { numberText } from './format.ts';
import type { LiveView, PageSnapshot, WidgetInfo } from './live.ts';
import type { PageView } from './view.ts';

interface Placed {
  readonly chart: WidgetChart;
  readonly card: HTMLElement;
  visible: boolean;
}

const place = (info: WidgetInfo): Placed => {
  const chart = info.view === 'numbers' ? createFigures() : createWidgetChart(info);
  const head = h('h3', {}, info.title, h('span', { class: 'dim' }, info.unit));
  const card = h('section', { class: 'card', 'data-widget': info.title }, head, chart.element);
  return { chart, card, visible: false };
};

/** A cloud that started less than half an hour ago: its graphs begin at its start. */
const BINS_MIN = 60;
const shownOf = ({ first, length, since }: PageSnapshot): { from: number; length: number } => {
  const end = first + length;
  const bins = Math.min(length, Math.max(BINS_MIN, end - since));
  return { from: end - bins, length: bins };
};

const queueRows = ({ queues }: PageSnapshot): readonly HTMLElement[] =>
  queues.map(({ name, visible, inFlight, delayed, oldestSeconds }) =>
    h(
      'tr',
      {},
      h('td', {}, name),
      ...[visible, inFlight, delayed].map((count) =>
        h('td', { class: 'number' }, numberText(count)),
      ),
      h('td', { class: 'number' }, visible + inFlight > 0 ? `${Math.round(oldestSeconds)} s` : ''),
    ),
  );

const tableOf = (heads: readonly string[], rows: readonly HTMLElement[]): HTMLElement =>
  h(
    'div',
    { class: 'scroll' },
    h(
      'table',
      {},
      h(
        'thead',
        {},
        h('tr', {}, ...heads.map((head, n) => h('th', { class: n > 0 && 'number' }, head))),
      ),
      h('tbody', {}, ...rows),
    ),
  );

const machine = (snapshot: PageSnapshot): readonly HTMLElement[] => [
  h('h2', {}, 'Queues and tables'),
  h('p', { class: 'hint' }, 'What the servers of this machine hold right now.'),
  h(
    'div',
    { class: 'pair' },
    tableOf(['Queue', 'Waiting', 'In flight', 'Delayed', 'Oldest'], queueRows(snapshot)),
    tableOf(
      ['Table', 'Items'],
      snapshot.tables.map(({ name, items }) =>
        h('tr', {}, h('td', {}, name), h('td', { class: 'number' }, numberText(items))),
      ),
    ),
  ),
];

/** A widget is painted a little before it scrolls into view. */
const SEEN_EARLY = { rootMargin: '300px' };

/** The dashboard's page. It paints only the widgets that can be seen. */
export const createOverview = (live: LiveView): PageView => {
  const [above, below] = [h('div'), h('div')];
  const element = h('div');
  let placed: readonly Placed[] = [];

  const draw = (index: number): void => {
    const { snapshot } = live;
    const drawn = snapshot?.widgets[index];
    if (!snapshot || !drawn) return;
    const binMs = snapshot.periodSeconds * 1_000;
    const { from, length } = shownOf(snapshot);
    const shown = drawn.map(({ label, points }) => ({ label, points: points.slice(-length) }));
    placed[index]?.chart.draw(shown, { from: from * binMs, binMs, length });
  };
  // Painting only visible widgets keeps the page fast, however many widgets there are.
  const seen = new IntersectionObserver((entries) => {
    for (const { target, isIntersecting } of entries) {
      const index = placed.findIndex(({ card }) => card === target);
      const widget = placed[index];
      if (widget) widget.visible = isIntersecting;
      if (isIntersecting) draw(index);
    }
  }, SEEN_EARLY);
  const build = (snapshot: PageSnapshot): void => {
    const { rows } = snapshot;
    element.append(h('h2', {}, 'Alarms'), above);
    placed = rows.flatMap(({ widgets }) => widgets.map(place));
    let next = 0;
    for (const { title, hint, widgets } of rows) {
      const cards = placed.slice(next, next + widgets.length).map(({ card }) => card);
      next += widgets.length;
      element.append(
        h('h2', {}, title),
        h('p', { class: 'hint' }, ...hinted(hint)),
        h('div', { class: 'grid' }, ...cards),
      );
    }
    element.append(below, h('p', { class: 'hint' }, `Counts are per ${snapshot.periodSeconds} s.`));
    for (const { card } of placed) seen.observe(card);
  };
  const refresh = (): void => {
    const { snapshot } = live;
    if (!snapshot) return;
    if (placed.length === 0) build(snapshot);
    placed.forEach(({ visible }, index) => {
      if (visible) draw(index);
    });
    above.replaceChildren(...alarmCards(snapshot));
    below.replaceChildren(...machine(snapshot));
  };
  addEventListener('resize', refresh);
  refresh();
  return { element, refresh };
};
