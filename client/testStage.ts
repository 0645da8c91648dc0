/** What stands in for the mesh while a test runs a job with steps: its stores, its time, its signals. */
import { heldAmountOf } from '#shared/billing/jobCost.ts';
import type { Envelope } from '#shared/jobs/envelope/envelope.ts';
import type { RetryPolicyInput } from '#shared/jobs/envelope/retryPolicy.ts';
import { EnqueueError, RetryableError } from '#shared/jobs/kinds/errors.ts';
import type { JobRecord } from '#shared/jobs/record/record.ts';
import type { Arrival, Awaited, KeptStep, Past, Wait } from '#shared/jobs/steps/kept.ts';
import type { StepDeps, Suspension } from '#shared/jobs/steps/run.ts';
import type { RunSteps } from '#shared/jobs/steps/runSteps.ts';
import { createSteps } from '#shared/jobs/steps/steps.ts';
import type { Steps } from '#shared/jobs/steps/stepTypes.ts';
import type { Json } from '#shared/kernel/json.ts';
import type { Clock } from '#shared/kernel/ports.ts';
import { toldOf } from '#shared/kernel/thrown.ts';
import { MeshError } from './errors.ts';

/** What comes to a run from outside. */
export interface Outside {
  /** Data of the signals that have been sent, by the names of their waits. */
  readonly signals?: Readonly<Record<string, unknown>> | undefined;
  /** What called jobs return, by their kinds; what such a function throws is the job's error. */
  readonly calls?: Readonly<Record<string, (payload: unknown) => unknown>> | undefined;
  /**
   * What the job holds beside its price, in minor units: calls with `cost: {from: 'parent'}` beyond
   * that fail with BUDGET_EXCEEDED. Without it, every such call is paid.
   */
  readonly budget?: number | undefined;
  /** Steps that fail, by their names: so many tries, or each try with this error. */
  readonly failures?: Readonly<Record<string, number | Error>> | undefined;
}

/** A step or a wait that ended. */
export interface TestStep {
  /** `step`, `call`, `race`, `sleep`, `signal` or `timeout`. */
  readonly op: string;
  /** The name in the handler. */
  readonly name: string;
  /** Of a step: how often it was tried. */
  readonly tries?: number;
  /** What the step returned, or the data of the signal. */
  readonly result?: unknown;
  /** The final error of a step. */
  readonly error?: { readonly code: string; readonly message: string };
}

interface TestJob {
  readonly id: string;
  readonly retry: RetryPolicyInput | undefined;
  readonly signal: AbortSignal;
}

/** The stage of one test. */
export interface Stage {
  readonly clock: Clock;
  /** @param unwinding whether the run takes steps back */
  begin(job: TestJob, unwinding?: boolean): RunSteps;
  /** Lets time and called jobs pass until the job may go on. @throws MeshError */
  pass(suspension: Suspension): Promise<void>;
  journal(): readonly TestStep[];
}

const FIRST = 1;

const recordOf = (id: string, at: number, end: Pick<JobRecord, 'status' | 'result' | 'error'>) =>
  ({ id, attempt: FIRST, createdAt: at, updatedAt: at, ...end }) as JobRecord;

const answer = async (
  { id = '', kind, payload }: Envelope,
  calls: NonNullable<Outside['calls']>,
  at: number,
): Promise<JobRecord> => {
  const call = calls[kind];
  if (!call) throw new MeshError('NO_SERVICE', `this run calls ${kind}: give it in "calls"`);
  try {
    const result = JSON.stringify(await call(payload)) as string | undefined;
    const kept = result === undefined ? {} : { result };
    return recordOf(id, at, { status: 'COMPLETED', ...kept });
  } catch (thrown) {
    const { code, message } = toldOf(thrown, false);
    return recordOf(id, at, { status: 'DEAD', error: { code, message, attempt: FIRST, at } });
  }
};

const entryOf = ({ op, name, tries, result, error }: KeptStep): TestStep => ({
  op,
  name,
  tries,
  ...(result !== undefined && { result: JSON.parse(result) as Json }),
  ...(error && { error }),
});

const arrivalEntry = (arrival: Arrival): TestStep =>
  arrival.kind === 'timeout'
    ? { op: 'timeout', name: arrival.name }
    : {
        op: 'signal',
        name: arrival.signal.name,
        result: JSON.parse(arrival.signal.data) as Json,
      };

const failing = (step: Steps['step'], failures: NonNullable<Outside['failures']>): Steps['step'] =>
  ((name, fn, options) =>
    step(
      name,
      (run) => {
        const failure = failures[name];
        if (failure instanceof Error) throw failure;
        if (failure !== undefined && run.try <= failure)
          throw new RetryableError('this try fails in this test', { code: 'INJECTED' });
        return fn(run);
      },
      options,
    )) as Steps['step'];

/** A clock that can be put forward. */
const virtualClock = (clock: Clock) => {
  let ahead = 0;
  return {
    now: () => clock.now() + ahead,
    advanceTo: (time: number): void => {
      ahead += Math.max(0, time - clock.now() - ahead);
    },
  };
};

/** @throws MeshError NEVER_WOKEN when nothing of what the job waits for will come */
const wakeTime = (waits: readonly Awaited[], calls: ReadonlyMap<string, unknown>): number => {
  const isCome = ({ op, job = '' }: Awaited) => op === 'call' && calls.has(job);
  if (waits.some(isCome)) return 0;
  const until = Math.min(...waits.map(({ until: at = Number.POSITIVE_INFINITY }) => at));
  if (Number.isFinite(until)) return until;
  const names = waits.map(({ name }) => `"${name}"`).join(', ');
  throw new MeshError('NEVER_WOKEN', `this run waits for ${names}: give it in "signals"`);
};

/** What the steps of a test are kept in, and the order in which they ended. */
const createMemory = (signals: NonNullable<Outside['signals']>, clock: Clock) => {
  const steps = new Map<string, KeptStep>();
  const texts = new Map<string, string>();
  const past = new Set<string>();
  const arrivals = new Map<string, Arrival>();
  const told = new Set<string>();
  const order: TestStep[] = [];
  for (const [name, value] of Object.entries(signals)) {
    const data = JSON.stringify(value ?? null);
    const signal = { name, id: name, data, at: clock.now(), by: 'test' };
    arrivals.set(name, { kind: 'signal', signal });
  }
  const tellPast = (more: Past = {}): void => {
    for (const name of Object.keys(more)) {
      if (!past.has(name)) order.push({ op: 'sleep', name });
      past.add(name);
    }
  };
  const tellArrival = (name: string): void => {
    const arrival = arrivals.get(name);
    if (arrival && !told.has(name)) order.push(arrivalEntry(arrival));
    told.add(name);
  };
  const stepStore: StepDeps['stepStore'] = {
    read: () => Promise.resolve({ steps: [...steps.values()], arrivals: [...arrivals.values()] }),
    keep: (_of, step) => {
      tellPast(step.past);
      if (!steps.has(step.name)) order.push(entryOf(step));
      steps.set(step.name, steps.get(step.name) ?? step);
      return Promise.resolve(steps.get(step.name) ?? step);
    },
    timeOut: (_of, name, at) => {
      const arrival = arrivals.get(name) ?? { kind: 'timeout' as const, name, at };
      arrivals.set(name, arrival);
      tellArrival(name);
      return Promise.resolve(arrival);
    },
    refuse: (_of, { name }, why) => {
      throw new MeshError('SIGNAL_INVALID', `signal "${name}": ${why}`);
    },
    renew: () => Promise.resolve(),
    drop: () => Promise.resolve(),
    arrived: () => Promise.resolve([...arrivals.keys()]),
  };
  const blobs: StepDeps['blobs'] = {
    put: (key, text) => Promise.resolve(void texts.set(key, text)),
    get: (key) => Promise.resolve(texts.get(key)),
  };
  return { stepStore, blobs, order, tellPast, tellArrival };
};

const FACTS = { createdAt: 0, generation: 0, resumed: true };

/** Pays called jobs from the budget of the test. */
const payer = (budget: number | undefined) => {
  let left = budget === undefined ? undefined : BigInt(budget);
  return (child: Envelope): Envelope => {
    if (left === undefined || child.cost?.from !== 'parent') return child;
    const amount = heldAmountOf(child.cost);
    if (amount > left)
      throw new EnqueueError('BUDGET_EXCEEDED', `cost.amount: ${amount}, but ${left} are left`);
    left -= amount;
    return child;
  };
};

/** Makes the stage of a test. @param base the time goes on from there */
export const createStage = (
  { signals = {}, calls = {}, failures = {}, budget }: Outside,
  base: Clock,
): Stage => {
  const clock = virtualClock(base);
  const { stepStore, blobs, order, tellPast, tellArrival } = createMemory(signals, clock);
  const ended = new Map<string, JobRecord>();
  const prepare = payer(budget);
  let wait: Wait | undefined;
  const deps: StepDeps = {
    stepStore,
    blobs,
    clock,
    signals: { send: () => Promise.resolve({ kind: 'kept' as const }) },
    links: { sign: ({ id }) => Promise.resolve(`https://signals.invalid/${id}`) },
    store: { get: (id) => Promise.resolve(ended.get(id)) },
    random: { next: () => 0 },
  };
  return {
    clock,
    begin: ({ id, retry, signal }, unwinding = false) => {
      const of = { id, messageId: id, leaseId: id, wait, retry, signal, unwinding };
      const run = createSteps({ ...FACTS, ...of, prepare }, deps);
      const { steps } = run;
      const waitFor: Steps['waitFor'] = async (name, options) => {
        const data = await steps.waitFor(name, options);
        tellArrival(name);
        return data as never;
      };
      return { ...run, steps: { ...steps, waitFor, step: failing(steps.step, failures) } };
    },
    pass: async (suspension) => {
      tellPast(suspension.wait.past);
      for (const child of suspension.calls)
        ended.set(child.id ?? '', await answer(child, calls, clock.now()));
      wait = suspension.wait;
      clock.advanceTo(wakeTime(wait.for, ended));
    },
    journal: () => order,
  };
};
