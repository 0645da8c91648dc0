/** A job as a row of the list. */
import { h } from './dom.ts';
import { ago, durationText, iso } from './format.ts';

/** Times are ms since the epoch. */
export interface JobRow {
  readonly id: string;
  readonly status: string;
  readonly kind: string;
  readonly source: string;
  readonly group: string;
  readonly attempt: number;
  readonly createdAt: number;
  readonly updatedAt: number;
  readonly code?: string;
  readonly halted?: boolean;
}

export const HEADS = [
  ...['Status', 'Job', 'Kind', 'Source', 'Group', 'Attempt', 'Sent', 'Took', 'Error'],
] as const;

/**
 * A group with the job's own id holds nothing but this job: the list shows no name for the group.
 */
const groupOf = ({ group, id }: JobRow): string => (group === id ? '' : group);

/** The row of one job. A click on the row opens the job. */
export const rowOf = (job: JobRow): HTMLElement => {
  const href = `#/jobs/${encodeURIComponent(job.id)}`;
  const open = (): void => {
    location.hash = href;
  };
  return h(
    'tr',
    { 'data-row': job.id, click: open },
    h('td', { class: `status ${job.status}` }, job.status, job.halted ? ' · halts' : ''),
    h('td', { class: 'wide' }, h('a', { href }, job.id)),
    h('td', {}, job.kind),
    h('td', {}, job.source === 'default' ? '' : job.source),
    h('td', { class: 'wide' }, groupOf(job)),
    h('td', { class: 'number' }, String(job.attempt)),
    h('td', { title: iso(job.createdAt) }, ago(job.createdAt)),
    h('td', { class: 'number' }, durationText(job.updatedAt - job.createdAt)),
    h('td', { class: 'wide' }, job.code ?? ''),
  );
};
