/** The original system's `<id>.job.json` (data/webrelay_out) as an envelope. */

import * as v from 'valibot';
import type { Envelope } from '#shared/jobs/envelope/envelope.ts';
import type { EnvelopeIssue } from '#shared/jobs/envelope/issue.ts';
import { parseHostileJson } from '#shared/jobs/envelope/safeJson.ts';
import { LIMITS } from '#shared/kernel/limits.ts';
import { err, ok, type Result } from '#shared/kernel/result.ts';
import { clipped } from '#shared/kernel/text.ts';

/** A custom check, because v.record drops keys such as "constructor". */
const params = v.optional(
  v.custom<Readonly<Record<string, unknown>>>(
    (value) => typeof value === 'object' && value !== null && !Array.isArray(value),
    'must be an object',
  ),
  {},
);

const jobFile = v.object({
  job_id: v.string(),
  kind: v.string(),
  payload: v.object({
    mission: v.optional(v.object({ id: v.string(), user_id: v.optional(v.string()) })),
    task: v.optional(v.object({ id: v.string(), params })),
    params,
  }),
});

/** Why a file gives no envelope. */
export interface JobFileFault {
  readonly code: EnvelopeIssue['code'] | 'NOT_A_JOB_FILE';
  readonly message: string;
}

/**
 * The envelope of a job file. As in the original system, params of the job replace params of the
 * task. The job's price is left out, because it belongs to the ledger. Throws nothing.
 */
export const envelopeOfJobFile = (
  text: string,
  fileName: string,
): Result<Envelope, JobFileFault> => {
  const json = parseHostileJson(text);
  if (!json.ok)
    return err({ code: json.error.code, message: `${fileName}: ${json.error.message}` });
  const file = v.safeParse(jobFile, json.value);
  if (!file.success) {
    const [issue] = file.issues;
    const where = v.getDotPath(issue) ?? 'the file';
    const reason = clipped(issue.message, LIMITS.errorMessageMax);
    return err({ code: 'NOT_A_JOB_FILE', message: `${fileName}: ${where}: ${reason}` });
  }
  const { job_id: id, kind, payload } = file.output;
  const { mission, task } = payload;
  return ok({
    id,
    kind,
    payload: { ...task?.params, ...payload.params },
    ...(mission?.user_id !== undefined && { source: mission.user_id }),
    ...(mission && { missionId: mission.id }),
    ...(task && { taskId: task.id }),
  });
};
