/**
 * Has a job run by one of the hosts that may and can. Which host is paid is what the completion of
 * the job says: two hosts may have run it when one died in the middle, but only one is named there.
 */
import { LIMITS } from '#shared/kernel/limits.ts';
import { type AskDeps, type Asked, ask, type Run } from './askHost.ts';
import { createView, type ViewDeps } from './meshView.ts';
import type { Dispatcher, DispatchOutcome, HostTask } from './ports.ts';
import {
  type Choice,
  choiceOf,
  priceOf,
  type Refusal,
  type Selection,
  selectHosts,
} from './selectHost.ts';

export interface DispatchDeps extends AskDeps, ViewDeps {
  /** The operator's share, 0 to 1, by how well the host works. */
  readonly margin: (success: number, latencyMs: number) => number;
}

const LACKS: Readonly<Record<Exclude<Refusal, 'capability'> | 'unreachable', string>> = {
  tags: 'without the tags',
  overlay: 'drained or under maintenance',
  unit: 'paid in another unit',
  price: 'too dear',
  state: 'not online',
  slots: 'without a free slot',
  unreachable: 'not to be reached',
};

/** Hosts that were tried and did not take the job, beside those that were no choice. */
interface Missed {
  readonly full: number;
  readonly unreachable: number;
}

/** Which hosts there are, and what each of them lacks. */
const scarcity = ({ refused }: Selection, task: HostTask, missed: Missed): DispatchOutcome => {
  const full = (refused.get('slots') ?? 0) + missed.full;
  const counts = new Map<string, number>([...refused, ['slots', full]]);
  counts.set('unreachable', missed.unreachable);
  const known = Object.entries(LACKS).flatMap(([lack, text]) => {
    const count = counts.get(lack) ?? 0;
    return count > 0 ? [`${count} ${text}`] : [];
  });
  const { kind, budget, unit } = task;
  const limit = counts.has('price') ? ` (it pays at most ${budget} ${unit})` : '';
  const reason =
    known.length > 0
      ? `no host for ${kind} now: ${known.join(', ')}${limit}`
      : `no host can run ${kind}`;
  return { kind: 'none', reason, soon: full > 0 };
};

/** undefined: another host may do better. */
const concluded = (
  outcome: Asked,
  { host, price, reliability, latencyMs }: Choice,
  { deps, tenure }: Run<DispatchDeps>,
): DispatchOutcome | undefined => {
  switch (outcome.kind) {
    case 'done': {
      tenure.answered('done');
      const marginPpm = Math.round(deps.margin(reliability, latencyMs) * 1_000_000);
      return { kind: 'done', result: outcome.result, host: host.id, price, marginPpm };
    }
    case 'refused':
      tenure.answered(`refused: ${outcome.code}`);
      return { ...outcome, message: `${host.id}: ${outcome.message}` };
    case 'passed':
      return undefined;
    default:
      tenure.answered(outcome.detail);
      return undefined;
  }
};

/** The host that an earlier attempt asked is asked first, if it can be. */
const inOrder = async (
  { task, view }: Run,
  choices: readonly Choice[],
): Promise<readonly (Choice & { readonly again: boolean })[]> => {
  const rest = choices
    .filter(({ host }) => host.id !== task.before)
    .map((choice) => ({ ...choice, again: false }));
  const before = task.before === undefined ? undefined : await view.find(task.before);
  const price = before && priceOf(before.host, task.kind);
  const affordable = price === 0n || (before?.host.unit === task.unit && price !== undefined);
  if (!before || price === undefined || !affordable || price > task.budget) return rest;
  return [{ ...choiceOf(before, price), again: true }, ...rest];
};

/** What came of the hosts that were tried. */
const createTally = () => {
  const failures: string[] = [];
  let [full, unreachable] = [0, 0];
  return {
    failures,
    missed: (): Missed => ({ full, unreachable }),
    mayGoOn: () =>
      failures.length + unreachable < LIMITS.hostCallsMax && full < LIMITS.hostPassesMax,
    add: (host: string, outcome: Asked) => {
      if (outcome.kind === 'failed' || outcome.kind === 'unclear')
        failures.push(`${host}: ${outcome.detail}`);
      else if (outcome.kind === 'unreachable') unreachable += 1;
      else full += 1;
    },
  };
};

const dispatch = async (run: Run<DispatchDeps>): Promise<DispatchOutcome> => {
  const { task, view, deps } = run;
  const selection = selectHosts(await view.candidates(), task, deps.clock.now());
  const tally = createTally();
  for (const choice of await inOrder(run, selection.choices)) {
    if (!tally.mayGoOn()) break;
    const outcome = await ask(run, choice, choice.again);
    const end = concluded(outcome, choice, run);
    if (end) return end;
    tally.add(choice.host.id, outcome);
  }
  return tally.failures.length > 0
    ? { kind: 'failed', reason: tally.failures.join('; ') }
    : scarcity(selection, task, tally.missed());
};

export const createDispatcher = (deps: DispatchDeps): Dispatcher => {
  const view = createView(deps);
  return { run: (task, tenure) => dispatch({ task, tenure, view, deps }) };
};
