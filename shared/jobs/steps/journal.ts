/** What one run of a job knows of its steps: what earlier runs kept, and what this run asked for. */
import { LIMITS } from '#shared/kernel/limits.ts';
import { NAME_PATTERN } from '#shared/kernel/names.ts';
import { thrownText } from '#shared/kernel/thrown.ts';
import { StepUseError } from './errors.ts';
import {
  type Arrival,
  type Awaited,
  type Kept,
  type KeptStep,
  owedIn,
  type Past,
  type StepOp,
  type Wait,
} from './kept.ts';
import { refuseNested } from './scope.ts';

/** The steps and waits of one run. */
export interface Journal {
  /**
   * Notes that the run asks for a step or a wait.
   * @throws StepUseError STEP_NAME_INVALID, STEP_NAME_TAKEN, STEP_NESTED, STEPS_MAX
   */
  ask(name: string): void;
  /** Takes over what is kept. */
  load(kept: Kept): void;
  /**
   * What is kept under the name.
   * @throws StepUseError STEP_CHANGED when another kind of step is kept under the name
   */
  kept(name: string, op: StepOp): KeptStep | undefined;
  /** Kept steps that this run did not ask for, beside those of races that are decided. */
  unasked(): readonly string[];
  /** Kept steps that must be taken back and were not. */
  owed(): readonly string[];
  /** What ended the wait for the signal. */
  arrival(name: string): Arrival | undefined;
  /** The wait for the signal has ended; undefined: it goes on. */
  arrive(name: string, arrival: Arrival | undefined): void;
  /** What an earlier run waited for under the name. */
  open(name: string): Awaited | undefined;
  isPast(name: string): boolean;
  /** A wait is over. */
  pass(name: string, at: number): void;
  /** The waits that are over and that no kept item tells of. */
  untold(): Past | undefined;
  /** A step was kept, and tells of these waits. */
  keep(step: KeptStep): void;
}

const checkName = (name: unknown): void => {
  const max = LIMITS.stepNameLengthMax;
  const isText = typeof name === 'string' && name.length > 0 && name.length <= max;
  if (isText && NAME_PATTERN.test(name)) return;
  const why = `the name of a step is a text of 1 to ${max} characters without control characters, not ${thrownText(name, max)}`;
  throw new StepUseError('STEP_NAME_INVALID', why);
};

/** @param wait what the job's row says that the job waited for */
export const createJournal = (wait: Wait | undefined): Journal => {
  const asked = new Set<string>();
  const steps = new Map<string, KeptStep>();
  const arrivals = new Map<string, Arrival | undefined>();
  const open = new Map(wait?.for.map((awaited) => [awaited.name, awaited]));
  const past = new Set<string>();
  const untold = new Map(Object.entries(wait?.past ?? {}));

  const keep = (step: KeptStep): void => {
    steps.set(step.name, step);
    for (const name of Object.keys(step.past ?? {})) {
      past.add(name);
      untold.delete(name);
    }
  };
  return {
    ask: (name) => {
      checkName(name);
      refuseNested(name);
      if (asked.has(name)) {
        const why = `"${name}" was used in this run: a step in a loop needs a counter in its name, such as "${name} 2"`;
        throw new StepUseError('STEP_NAME_TAKEN', why);
      }
      if (asked.size >= LIMITS.stepsMax)
        throw new StepUseError('STEPS_MAX', `a job has at most ${LIMITS.stepsMax} steps`);
      asked.add(name);
    },
    load: (kept) => {
      for (const step of kept.steps) keep(step);
      for (const arrival of kept.arrivals)
        arrivals.set(arrival.kind === 'signal' ? arrival.signal.name : arrival.name, arrival);
    },
    kept: (name, op) => {
      const step = steps.get(name);
      if (step && step.op !== op) {
        const why = `"${name}" is a ${op} now, and was a ${step.op} in an earlier run of this job: give what changed another name`;
        throw new StepUseError('STEP_CHANGED', why);
      }
      return step;
    },
    unasked: () =>
      [...steps.values()]
        .filter(({ name, race }) => !asked.has(name) && !(race !== undefined && steps.has(race)))
        .map(({ name }) => name),
    owed: () => owedIn(steps.values()),
    arrival: (name) => arrivals.get(name),
    arrive: (name, arrival) => void arrivals.set(name, arrival),
    open: (name) => open.get(name),
    isPast: (name) => past.has(name) || untold.has(name),
    pass: (name, at) => void untold.set(name, at),
    untold: () => (untold.size === 0 ? undefined : Object.fromEntries(untold)),
    keep,
  };
};
