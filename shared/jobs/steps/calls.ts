/** `call`: another job, and its result. */

import type { Json } from '#shared/kernel/json.ts';
import { LIMITS } from '#shared/kernel/limits.ts';
import { clipped } from '#shared/kernel/text.ts';
import { childId } from '../envelope/childId.ts';
import type { Envelope } from '../envelope/schema.ts';
import { EnqueueError } from '../kinds/errors.ts';
import { isTerminal, type JobRecord } from '../record/record.ts';
import type { KeptStep } from './kept.ts';
import type { EndedStep, StepwiseRun } from './run.ts';
import { keepStep, outcomeOf } from './run.ts';
import { raceNow } from './scope.ts';
import type { CallOptions } from './stepTypes.ts';

const endOf = ({ id, status, result, resultRef, error }: JobRecord): EndedStep => {
  if (status !== 'COMPLETED') {
    const why = error ? `: ${error.message}` : '';
    const message = clipped(`job ${id} ended ${status}${why}`, LIMITS.errorMessageMax);
    return { kind: 'failed', fault: { code: error?.code ?? status, message } };
  }
  return resultRef === undefined ? { kind: 'done', text: result } : { kind: 'kept', resultRef };
};

/** The id of the called job: the same in each run, another one once a person put the job back. */
const idOf = ({ job }: StepwiseRun, name: string): string =>
  childId(job.id, job.generation === 0 ? name : `${name}~${job.generation}`);

const keepEnd = (run: StepwiseRun, name: string, record: JobRecord): Promise<KeptStep> => {
  const tookMs = record.updatedAt - record.createdAt;
  const facts = { tries: record.attempt, tookMs, job: record.id };
  return keepStep(run, name, 'call', endOf(record), facts);
};

/**
 * Checks the job that is to be called, and notes it for the end of the run. When the budget is used
 * up, that is how the call ends: kept, so that every later run gets the same.
 */
const prepared = (
  { job, calls }: StepwiseRun,
  name: string,
  asked: Envelope,
): EndedStep | undefined => {
  try {
    calls.set(name, job.prepare(asked));
    return undefined;
  } catch (error) {
    if (!(error instanceof EnqueueError && error.code === 'BUDGET_EXCEEDED')) throw error;
    return {
      kind: 'failed',
      fault: { code: error.code, message: error.message.replace(/^enqueue: /, '') },
    };
  }
};

/**
 * Sends a job when the run stops to wait for it, and returns its result in a later run.
 * @throws StepError when the job ended without a result, or BUDGET_EXCEEDED; EnqueueError when it could not run
 */
export const callJob = async (
  run: StepwiseRun,
  kind: string,
  payload: unknown,
  { name = kind, envelope = {} }: CallOptions,
): Promise<unknown> => {
  const { job, deps, journal, waits, loaded, reach } = run;
  journal.ask(name);
  await waits.during(loaded);
  const kept = journal.kept(name, 'call');
  if (kept) return waits.during(() => outcomeOf(run, kept));
  if (job.unwinding) return waits.strand();
  const anew = idOf(run, name);
  const open = journal.open(name)?.job;
  let child = open ?? anew;
  const ended = await waits.during(async () => {
    const record = open === undefined ? undefined : await reach(() => deps.store.get(open));
    if (record && isTerminal(record.status)) {
      // Once a person put this job back, a job that had failed is called anew.
      if (record.status === 'COMPLETED' || open === anew) return keepEnd(run, name, record);
      child = anew;
    }
    if (child === open) return undefined;
    const asked = { ...envelope, id: child, kind, payload: payload as Json };
    const refused = prepared(run, name, asked);
    return refused && keepStep(run, name, 'call', refused, { tries: 0, tookMs: 0 });
  });
  if (ended) return waits.during(() => outcomeOf(run, ended));
  const race = raceNow();
  await waits.until({ op: 'call', name, job: child, ...(race !== undefined && { race }) });
  return undefined;
};
