/** The number of jobs of each status. A press on a status shows only its jobs. */
import { STATUSES } from '#shared/contracts/jobs.ts';
import { h } from './dom.ts';
import { numberText } from './format.ts';

export interface StatusTabs {
  readonly element: HTMLElement;
  show(byStatus: Readonly<Record<string, number>>): void;
}

/** @param query gets the chosen status as its parameter `status` */
export const createStatusTabs = (query: URLSearchParams, onChoice: () => void): StatusTabs => {
  const element = h('div', { class: 'tabs', role: 'group', 'aria-label': 'Status' });
  const choose = (status: string): void => {
    if (status) query.set('status', status);
    else query.delete('status');
    onChoice();
  };
  const tab = (status: string, text: string, count: number): HTMLElement => {
    const pressed = String((query.get('status') ?? '') === status);
    const click = (): void => choose(status);
    return h(
      'button',
      { type: 'button', 'aria-pressed': pressed, click },
      `${text} ${numberText(count)}`,
    );
  };
  return {
    element,
    show: (byStatus) => {
      const all = Object.values(byStatus).reduce((sum, count) => sum + count, 0);
      const there = STATUSES.filter((status) => byStatus[status] || status === query.get('status'));
      element.replaceChildren(
        tab('', 'all', all),
        ...there.map((status) => tab(status, status.toLowerCase(), byStatus[status] ?? 0)),
      );
    },
  };
};
