/**
 * Gives a job to one of the hosts that may run it. The completion of the job names the host that is
 * paid. Two hosts may have run the job, when one died during the run, but only one is named.
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
  /** The operator's share, from 0 to 1, by success (0 to 1) and latency (ms) of the host. */
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

/**
 * Hosts that were asked and did not take the job, in addition to those that were refused before.
 */
interface Missed {
  readonly full: number;
  readonly unreachable: number;
}

/** Says which hosts there are, and why none of them takes the job. */
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

/** The end of the dispatch; undefined when another host may be asked. */
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

/** The host that an earlier attempt asked comes first, when it may run the job. */
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

/** Counts the results of the hosts that were asked. */
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

/** A dispatcher with its own view of the hosts. */
export const createDispatcher = (deps: DispatchDeps): Dispatcher => {
  const view = createView(deps);
  return { run: (task, tenure) => dispatch({ task, tenure, view, deps }) };
};
