/** `flow`: the tree of a job's children and dependants, with their states. */
import type { Deployment } from '#client/deployment.ts';
import { type FlowNode, flowOf } from '#shared/jobs/flow/flowTree.ts';
import { ownerOf } from '#shared/jobs/steps/owner.ts';
import { EXIT, type ExitCode } from '../errors.ts';
import { json, out, paint, plain, status } from '../print.ts';
import { looking, type SessionOptions } from '../session.ts';
import { stepBars } from '../show/stepBars.ts';

const NODES_MAX = 500;

const textOf = ({ id, as, status: state, kind, dependsOn, cut }: FlowNode): string => {
  const relation = as === 'dependant' ? paint('dim', 'then ') : '';
  const shown = state === undefined ? paint('dim', 'QUEUED OR GONE') : status(state);
  const more = cut ? paint('dim', ' (see above)') : '';
  const [first, second] = dependsOn;
  const others = second === undefined ? '' : ` and ${dependsOn.length - 1} more`;
  const needs = as === 'root' && first ? paint('dim', ` needs ${plain(first)}${others}`) : '';
  return `${relation}${shown} ${paint('bold', plain(id))} ${plain(kind ?? '')}${needs}${more}`;
};

const linesOf = (node: FlowNode, stem: string): readonly string[] =>
  node.below.flatMap((below, index) => {
    const isLast = index === node.below.length - 1;
    return [
      `${stem}${isLast ? '└─ ' : '├─ '}${textOf(below)}`,
      ...linesOf(below, `${stem}${isLast ? '   ' : '│  '}`),
    ];
  });

/** The steps and waits of the job at the root of the tree. */
const barsOf = async (id: string, { store, stepStore }: Deployment): Promise<readonly string[]> => {
  const record = await store.get(id);
  if (!record) return [];
  const kept = await stepStore.read(ownerOf(record, record.updatedAt));
  return stepBars(record, kept, Date.now());
};

/** Shows the steps of the job as bars, and the tree: at most 500 jobs of it. Exits with 3 when the job has no record. */
export const flow = (id: string, options: SessionOptions): Promise<ExitCode> =>
  looking(options, async (session) => {
    const tree = await flowOf(id, NODES_MAX, session);
    if (options.json) json(tree);
    else out([textOf(tree), ...(await barsOf(id, session)), ...linesOf(tree, '')].join('\n'));
    return tree.status === undefined ? EXIT.notFound : EXIT.ok;
  });
