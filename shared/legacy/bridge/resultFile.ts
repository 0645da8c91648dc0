/** A finished job as the original's worker would have written its result. */
import type { JobRecord } from '#shared/jobs/record/record.ts';
import { isJsonObject, type Json } from '#shared/kernel/json.ts';

/**
 * The text of `<id>.result.json`. `ok` decides in the original whether the job completed. A result
 * that is no object is a `text_result`, as the original has for a model's answer.
 *
 * @param result what the job returned; undefined when it returned nothing
 */
export const resultFileText = (
  { status, error }: Pick<JobRecord, 'status' | 'error'>,
  result: Json | undefined,
  workerId: string,
): string => {
  if (status !== 'COMPLETED') {
    const message = error ? `${error.code}: ${error.message}` : `the job ended ${status}`;
    const failed = { ok: false, action: 'error', error: message, worker_id: workerId };
    return JSON.stringify(failed);
  }
  if (isJsonObject(result)) return JSON.stringify({ ok: true, ...result, worker_id: workerId });
  const text = typeof result === 'string' ? result : JSON.stringify(result ?? null);
  return JSON.stringify({ ok: true, action: 'text_result', text, worker_id: workerId });
};
