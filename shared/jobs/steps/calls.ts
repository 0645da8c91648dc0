/** `call`: another job, and its result. */

import type { Json } from '#shared/kernel/json.ts';
import { LIMITS } from '#shared/kernel/limits.ts';
import { clipped } from '#shared/kernel/text.ts';
import { childId } from '../envelope/childId.ts';
import { isTerminal, type JobRecord } from '../record/record.ts';
import type { EndedStep, StepwiseRun } from './run.ts';
import { keepStep, outcomeOf } from './run.ts';
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

/**
 * Sends a job when the run stops to wait for it, and returns its result in a later run.
 * @throws StepError when the job ended without a result; EnqueueError when it could not run
 */
export const callJob = async (
  run: StepwiseRun,
  kind: string,
  payload: unknown,
  { name = kind, envelope = {} }: CallOptions,
): Promise<unknown> => {
  const { job, deps, journal, waits, loaded, calls, reach } = run;
  journal.ask(name);
  await waits.during(loaded);
  const kept = journal.kept(name, 'call');
  if (kept) return waits.during(() => outcomeOf(run, kept));
  if (job.unwinding) return waits.strand();
  const open = journal.open(name);
  const child = open?.job ?? idOf(run, name);
  const ended = await waits.during(async () => {
    if (!open) {
      calls.set(name, job.prepare({ ...envelope, id: child, kind, payload: payload as Json }));
      return undefined;
    }
    const record = await reach(() => deps.store.get(child));
    if (!record || !isTerminal(record.status)) return undefined;
    const tookMs = record.updatedAt - record.createdAt;
    return keepStep(run, name, 'call', endOf(record), {
      tries: record.attempt,
      tookMs,
      job: child,
    });
  });
  if (ended) return waits.during(() => outcomeOf(run, ended));
  await waits.until({ op: 'call', name, job: child });
  return undefined;
};
