/** A finished job as the original's worker would have written its result. */
import type { JobRecord } from '#shared/jobs/record/record.ts';
import { isJsonObject, type Json } from '#shared/kernel/json.ts';

/** The name of the original's worker, where none is given. */
export const DEFAULT_WORKER = 'default_worker';

/** What the original's worker names in results of its kinds, those that failed too. */
const ACTIONS: ReadonlyMap<string, string> = new Map([
  ['list_files', 'list_files_result'],
  ['walk_tree', 'list_files_result'],
  ['read_file', 'read_file_result'],
  ['read_file_batch', 'read_file_batch_result'],
  ['write_file', 'write_file_result'],
  ['rewrite_file', 'rewrite_file_result'],
  ['pdf_to_json', 'pdf_to_json_result'],
]);

/**
 * The result of a job that has ended, as the original's worker would have written it. `ok` decides in
 * the original whether the job completed. A result that is no object is a `text_result`, as the
 * original has for a model's answer.
 *
 * @param result what the job returned; undefined when it returned nothing
 */
export const legacyResult = (
  { kind, status, error }: Pick<JobRecord, 'kind' | 'status' | 'error'>,
  result: Json | undefined,
  workerId: string,
): Readonly<Record<string, Json>> => {
  if (status !== 'COMPLETED') {
    const message = error ? `${error.code}: ${error.message}` : `the job ended ${status}`;
    const action = ACTIONS.get(kind) ?? 'error';
    return { ok: false, action, error: message, worker_id: workerId };
  }
  if (isJsonObject(result))
    return { ok: true, ...(result as Readonly<Record<string, Json>>), worker_id: workerId };
  const text = typeof result === 'string' ? result : JSON.stringify(result ?? null);
  return { ok: true, action: 'text_result', text, worker_id: workerId };
};

/** The text of `<id>.result.json`. */
export const resultFileText = (...of: Parameters<typeof legacyResult>): string =>
  JSON.stringify(legacyResult(...of));
