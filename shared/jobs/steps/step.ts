/** `step`: what it does is done once in effect. */
import { type RetryPolicyInput, retryDelaySeconds, retryPolicy } from '../envelope/retryPolicy.ts';
import type { KeptStep } from './kept.ts';
import { keepStep, outcomeOf, type StepwiseRun } from './run.ts';
import { type Tried, tryStep } from './runStep.ts';
import { openScope, runIn } from './scope.ts';
import type { StepOptions, StepRun } from './stepTypes.ts';
import { never } from './waits.ts';

type StepFunction = (run: StepRun) => unknown;

/** When the step is tried again, in ms since the epoch; undefined when it has failed for good. */
const nextTryAt = (
  { job, deps }: StepwiseRun,
  { afterSeconds }: Extract<Tried, { kind: 'again' }>,
  tries: number,
  retry: RetryPolicyInput | undefined,
): number | undefined => {
  const policy = retryPolicy(retry, job.retry);
  if (tries >= policy.maxAttempts) return undefined;
  const seconds = afterSeconds ?? retryDelaySeconds(policy, tries, deps.random);
  return deps.clock.now() + seconds * 1_000;
};

/** One try: what was kept of it, or the time of the next try. */
const once = async (
  run: StepwiseRun,
  name: string,
  fn: StepFunction,
  { retry, timeoutSeconds, compensate }: StepOptions,
  tries: number,
): Promise<KeptStep | number> => {
  const { job, deps } = run;
  const begun = deps.clock.now();
  const idempotencyKey = `${job.id}:${name}`;
  const call = (signal: AbortSignal) =>
    runIn(openScope({ step: name }), () => fn({ signal, try: tries, idempotencyKey }));
  const tried = await tryStep(call, job.signal, timeoutSeconds);
  // The run was ended from outside, so the failure says nothing about the step.
  if (tried.kind !== 'done' && job.signal.aborted) return never();
  const undo = compensate && tried.kind === 'done' ? { undo: true as const } : {};
  const facts = { tries, tookMs: deps.clock.now() - begun, ...undo };
  if (tried.kind !== 'again') return keepStep(run, name, 'step', tried, facts);
  const at = nextTryAt(run, tried, tries, retry);
  return at ?? keepStep(run, name, 'step', { kind: 'failed', fault: tried.fault }, facts);
};

/** Gives the outcome of a kept step to the handler, and notes what would take the step back. */
const finish = async (
  run: StepwiseRun,
  kept: KeptStep,
  { retry, compensate }: StepOptions,
): Promise<unknown> => {
  const result = await run.waits.during(() => outcomeOf(run, kept));
  const { name, at } = kept;
  if (compensate) run.undos.push({ name, at, retry, fn: (of) => compensate(result, of) });
  return result;
};

/**
 * Runs a step, or takes over what was kept of it.
 * @param isUndo whether the step takes another one back
 * @throws StepError, StepUseError
 */
export const runStep = async (
  run: StepwiseRun,
  name: string,
  fn: StepFunction,
  options: StepOptions,
  isUndo = false,
): Promise<unknown> => {
  const { job, journal, waits, loaded } = run;
  journal.ask(name);
  await waits.during(loaded);
  const kept = journal.kept(name, 'step');
  if (kept) return finish(run, kept, options);
  if (job.unwinding && !isUndo) return waits.strand();
  const before = journal.open(name);
  if (before) await waits.until(before);
  for (let tries = (before?.tries ?? 0) + 1; ; tries += 1) {
    const ended = await waits.during(() => once(run, name, fn, options, tries));
    if (typeof ended !== 'number') return finish(run, ended, options);
    await waits.until({ op: 'retry', name, until: ended, tries });
  }
};
