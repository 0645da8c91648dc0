/** The alarms that would be on, with what to do first. */
import { h, hinted } from './dom.ts';
import type { PageSnapshot } from './live.ts';

type Alarm = PageSnapshot['alarms']['on'][number];

const cardOf = ({ id, severity, runbook }: Alarm): HTMLElement => {
  const { means, firstLook, firstAction } = runbook;
  return h(
    'section',
    { class: `alarm ${severity}`, 'data-alarm': id },
    h('h3', {}, id, h('span', { class: 'dim' }, severity)),
    h('p', {}, ...hinted(means)),
    h('p', {}, h('b', {}, 'First look '), ...hinted(firstLook)),
    h('p', {}, h('b', {}, 'First action '), ...hinted(firstAction)),
  );
};

/** A card for each alarm that is on; when none is, a line that says so. */
export const alarmCards = ({ alarms }: PageSnapshot): readonly HTMLElement[] =>
  alarms.on.length === 0
    ? [h('p', { class: 'hint' }, `All ${alarms.defined} alarms are quiet.`)]
    : [h('div', { class: 'pair' }, ...alarms.on.map(cardOf))];
