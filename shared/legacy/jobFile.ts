/** The original's `<id>.job.json` (data/webrelay_out) as an envelope. */
import * as v from 'valibot';
import type { Envelope } from '#shared/jobs/envelope.ts';
import { err, ok, type Result } from '#shared/kernel/result.ts';

const params = v.optional(v.record(v.string(), v.unknown()), {});

const jobFile = v.object({
  job_id: v.string(),
  kind: v.string(),
  payload: v.object({
    mission: v.optional(v.object({ id: v.string(), user_id: v.optional(v.string()) })),
    task: v.optional(v.object({ id: v.string(), params })),
    params,
  }),
});

export interface JobFileFault {
  readonly code: 'NOT_JSON' | 'NOT_A_JOB_FILE';
  readonly message: string;
}

const parsed = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
};

/**
 * The job's params overlay the task's, as the original's worker did. Its price is not carried over:
 * it belongs to the ledger.
 */
export const envelopeOfJobFile = (
  text: string,
  fileName: string,
): Result<Envelope, JobFileFault> => {
  const value = parsed(text);
  if (value === undefined) return err({ code: 'NOT_JSON', message: `${fileName} is not JSON` });
  const file = v.safeParse(jobFile, value);
  if (!file.success) {
    const [issue] = file.issues;
    const where = v.getDotPath(issue) ?? 'the file';
    return err({ code: 'NOT_A_JOB_FILE', message: `${fileName}: ${where}: ${issue.message}` });
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
