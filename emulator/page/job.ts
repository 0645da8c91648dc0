/** One job: where it stands, its whole trace, its result. */
import { type Status, TERMINAL } from '#shared/contracts/jobs.ts';
import { h } from './dom.ts';
import { durationText, iso } from './format.ts';
import { askServer } from './live.ts';
import type { PageView } from './view.ts';

interface Detail {
  readonly job: Readonly<Record<string, unknown>> & {
    readonly id: string;
    readonly status: Status;
    readonly createdAt: number;
    readonly updatedAt: number;
    readonly error?: { readonly code: string; readonly message: string };
    readonly cost?: { readonly amount: string; readonly unit: string; readonly payer: string };
  };
  readonly steps: readonly { readonly at: number; readonly event: string; readonly text: string }[];
}

const FIELDS = [
  ...['kind', 'source', 'group', 'priority', 'attempt', 'missionId', 'taskId', 'schedule'],
  ...['callback', 'correlationId', 'pending', 'generation'],
];

const linkTo = (id: string): HTMLElement =>
  h('a', { href: `#/jobs/${encodeURIComponent(id)}` }, id);

const pairs = ({ job }: Detail): readonly (readonly [string, Node | string])[] => {
  const { createdAt, updatedAt, error, cost, parentId } = job;
  return [
    ...FIELDS.flatMap((name): [string, string][] =>
      job[name] === undefined ? [] : [[name, String(job[name])]],
    ),
    ...(typeof parentId === 'string' ? [['parent', linkTo(parentId)] as const] : []),
    ['sent', iso(createdAt)],
    ['updated', `${iso(updatedAt)}, ${durationText(updatedAt - createdAt)} after it was sent`],
    ...(cost ? [['cost', `${cost.amount} ${cost.unit}, paid by ${cost.payer}`] as const] : []),
    ...(error ? [['error', `${error.code}: ${error.message}`] as const] : []),
  ];
};

const stepOf = ({ at, event, text }: Detail['steps'][number]): HTMLElement =>
  h('li', {}, h('time', { class: 'dim' }, iso(at)), h('strong', {}, event), h('span', {}, text));

/** Parses text that is JSON, so that the page can show its structure. */
const readable = (value: unknown): unknown => {
  if (typeof value !== 'string') return value;
  try {
    return JSON.parse(value) as unknown;
  } catch {
    return value;
  }
};

const json = (title: string, value: unknown): readonly HTMLElement[] => {
  if (value === undefined) return [];
  return [h('h2', {}, title), h('pre', {}, JSON.stringify(readable(value), null, 2))];
};

/** The record without the parts that the page shows above. */
const restOf = (job: Detail['job']): string => {
  const shown = { result: undefined, history: undefined, envelope: undefined, raw: undefined };
  return JSON.stringify({ ...job, ...shown }, null, 2);
};

/** The page of one job. It stops asking for news when the job has ended. */
export const createJob = (id: string): PageView => {
  const element = h('div');
  let ended = false;
  const show = (detail: Detail): void => {
    const { job, steps } = detail;
    ended = (TERMINAL as readonly Status[]).includes(job.status);
    const terms = pairs(detail).flatMap(([name, value]) => [h('dt', {}, name), h('dd', {}, value)]);
    element.replaceChildren(
      h('h2', {}, h('span', { class: `status ${job.status}` }, job.status), ` ${job.id}`),
      h('dl', {}, ...terms),
      h('h2', {}, 'Why'),
      h('ol', { class: 'trace' }, ...steps.map(stepOf)),
      ...json('Result', job['result']),
      ...json('Envelope', job['envelope']),
      ...json('Body', job['raw']),
      h('details', {}, h('summary', {}, 'Record'), h('pre', {}, restOf(job))),
    );
  };
  const load = async (): Promise<void> => {
    const detail = await askServer<Detail>('job', { id });
    if (detail) show(detail);
    else
      element.replaceChildren(
        h('p', { class: 'empty' }, `No record of job ${id}: it waits in its queue, or is unknown.`),
      );
  };
  void load();
  return {
    element,
    refresh: () => {
      if (!ended) void load();
    },
  };
};
