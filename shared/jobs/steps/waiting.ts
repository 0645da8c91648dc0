/** `sleep`, `sleepUntil` and `waitFor`. */
import { LIMITS } from '#shared/kernel/limits.ts';
import { thrownText } from '#shared/kernel/thrown.ts';
import { faultPath, validated } from '../kinds/payloadSchema.ts';
import { durationMs } from './duration.ts';
import { StepError, StepUseError, WaitTimeoutError } from './errors.ts';
import type { Awaited, Signal } from './kept.ts';
import { ownerOf } from './owner.ts';
import type { StepwiseRun } from './run.ts';
import type { WaitOptions } from './stepTypes.ts';

/** Waits until a time, in ms since the epoch. @throws StepUseError */
export const sleepUntil = async (
  run: StepwiseRun,
  name: string,
  time: () => number,
): Promise<void> => {
  const { journal, waits, loaded, deps } = run;
  journal.ask(name);
  const until = time();
  await waits.during(loaded);
  if (journal.isPast(name)) return;
  if (run.job.unwinding) return waits.strand();
  const awaited: Awaited = journal.open(name) ?? { op: 'sleep', name, until };
  await waits.until(awaited);
  journal.pass(name, deps.clock.now());
};

/** A time in ms since the epoch. @throws StepUseError for a time beyond 366 days, or no time */
export const wakeTimeOf = (time: Date | number, now: number): number => {
  const at = Number(time);
  if (at <= now + LIMITS.horizonSecondsMax * 1_000) return at;
  const why = `sleepUntil: ${at} is no time within 366 days, in ms since the epoch`;
  throw new StepUseError('DURATION_INVALID', why);
};

type Judged = { readonly value: unknown } | { readonly why: string };

/** The data of a signal as the schema gives it, or why the schema refuses it. */
const judge = ({ data }: Signal, schema: WaitOptions<unknown>['schema']): Judged => {
  const value = JSON.parse(data) as unknown;
  if (!schema) return { value };
  try {
    const judged = validated(schema, value);
    if (judged.ok) return { value: judged.value };
    return {
      why: [faultPath(judged.fault).join('.'), judged.fault.message].filter(Boolean).join(': '),
    };
  } catch (error) {
    return { why: `the schema threw ${thrownText(error)}` };
  }
};

/** undefined: the signal was refused, and another one may come. */
const received = async (
  { job, deps, journal, reach }: StepwiseRun,
  signal: Signal,
  schema: WaitOptions<unknown>['schema'],
): Promise<{ readonly value: unknown } | undefined> => {
  const judged = judge(signal, schema);
  if ('value' in judged) return judged;
  const owner = ownerOf(job, deps.clock.now());
  const isOut = await reach(() => deps.stepStore.refuse(owner, signal, judged.why));
  const why = `more than ${LIMITS.signalsRefusedMax} signals were refused; the last: ${judged.why}`;
  if (!isOut) throw new StepError(signal.name, 'SIGNAL_INVALID', why);
  journal.arrive(signal.name, undefined);
  return undefined;
};

/** Ends the wait at its time; the first end of a wait is the one. */
const timeOut = async ({ job, deps, journal, waits, reach }: StepwiseRun, name: string) => {
  const at = deps.clock.now();
  const arrival = await waits.during(() =>
    reach(() => deps.stepStore.timeOut(ownerOf(job, at), name, at)),
  );
  journal.arrive(name, arrival);
};

/** The data of the signal that has come; undefined when the wait goes on. */
const taken = async (
  run: StepwiseRun,
  name: string,
  schema: WaitOptions<unknown>['schema'],
): Promise<{ readonly value: unknown } | undefined> => {
  const arrival = run.journal.arrival(name);
  if (arrival?.kind === 'timeout') throw new WaitTimeoutError(name);
  return arrival && run.waits.during(() => received(run, arrival.signal, schema));
};

/**
 * Waits for a signal.
 * @throws WaitTimeoutError, StepUseError; StepError SIGNAL_INVALID after too many wrong signals
 */
export const waitFor = async (
  run: StepwiseRun,
  name: string,
  { timeout, schema }: WaitOptions<unknown>,
): Promise<unknown> => {
  const { job, deps, journal, waits, loaded } = run;
  journal.ask(name);
  const latest = timeout && deps.clock.now() + durationMs(timeout);
  await waits.during(loaded);
  const until = journal.open(name)?.until ?? latest;
  for (;;) {
    const signal = await taken(run, name, schema);
    if (signal) return signal.value;
    if (job.unwinding) return waits.strand();
    if (until === undefined || until > deps.clock.now())
      await waits.until({ op: 'signal', name, ...(until !== undefined && { until }) });
    await timeOut(run, name);
  }
};
