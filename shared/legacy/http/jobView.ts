/** A job as the original's HTTP interface shows it, and as the mesh gets it. */
import type { Envelope } from '#shared/jobs/envelope/envelope.ts';
import type { JobRecord } from '#shared/jobs/record/record.ts';
import { isJsonObject, type Json } from '#shared/kernel/json.ts';
import { LIMITS } from '#shared/kernel/limits.ts';
import {
  keyIn,
  type LegacyJob,
  type LegacyMission,
  type LegacyTask,
  payloadHash,
} from './shelf.ts';

/** In the order in which the original looks into a task's name. */
const NAMED: readonly (readonly [mark: string, kind: string])[] = [
  ['discovery', 'list_files'],
  ['list_files', 'list_files'],
  ['analyze', 'analyze_file'],
  ['write', 'write_file'],
  ['update', 'patch_file'],
  ['patch', 'patch_file'],
];

const kindOf = ({ payload }: LegacyJob, { kind, name }: LegacyTask): string => {
  const own = payload['kind'];
  if (typeof own === 'string' && own.trim() !== '') return own;
  if (kind.trim() !== '') return kind;
  const lower = name.toLowerCase();
  return NAMED.find(([mark]) => lower.includes(mark))?.[1] ?? 'llm_call';
};

const PRIORITIES = ['critical', 'high', 'normal'] as const;
const priorityOf = (priority: string) => PRIORITIES.find((each) => each === priority) ?? 'normal';

/**
 * The envelope of a job. What the original accepts and then forgets counts here: priority, timeout
 * and dependencies.
 */
export const envelopeOfLegacyJob = (
  job: LegacyJob,
  task: LegacyTask,
  mission: LegacyMission,
): Envelope => {
  const params = job.payload['params'];
  return {
    id: job.id,
    kind: kindOf(job, task),
    payload: { ...task.params, ...(isJsonObject(params) ? params : {}) } as Json,
    source: mission.user_id,
    missionId: mission.id,
    taskId: task.id,
    priority: priorityOf(job.priority),
    timeoutSeconds: Math.min(job.timeout_seconds, LIMITS.timeoutSecondsMax),
    ...(job.depends_on.length > 0 && { dependsOn: [...job.depends_on] }),
  };
};

/** The original knows four states of a job. */
type LegacyStatus = 'pending' | 'working' | 'completed' | 'failed';

const STATUS: Readonly<Record<JobRecord['status'], LegacyStatus>> = {
  SCHEDULED: 'pending',
  WAITING: 'pending',
  LIMITED: 'pending',
  RETRYING: 'pending',
  RUNNING: 'working',
  COMPLETED: 'completed',
  DEAD: 'failed',
  QUARANTINED: 'failed',
  CANCELLED: 'failed',
};

/** The status of a job in the original's words; a job without a row waits in its queue. */
const legacyStatusOf = (record: JobRecord | undefined): LegacyStatus =>
  record ? STATUS[record.status] : 'pending';

const resultIn = (record: JobRecord | undefined, result: Json | undefined): Json => {
  const status = legacyStatusOf(record);
  if (status === 'completed')
    return isJsonObject(result) ? { ok: true, ...result } : { ok: true, result: result ?? null };
  if (status !== 'failed') return null;
  const { code, message } = record?.error ?? { code: record?.status ?? '', message: '' };
  return { ok: false, error: `${code}: ${message}` };
};

/** A job as the original's clients read it. @param result of a completed job */
export const jobView = (
  job: LegacyJob,
  record: JobRecord | undefined,
  result: Json | undefined,
): Readonly<Record<string, unknown>> => ({
  ...job,
  idempotency_key: keyIn(job) ?? null,
  idempotency_hash: keyIn(job) === undefined ? null : payloadHash(job.payload),
  status: legacyStatusOf(record),
  result: resultIn(record, result),
  retry_count: Math.max(0, (record?.attempt ?? 1) - 1),
  idempotent: false,
  updated_at: record ? new Date(record.updatedAt).toISOString() : job.created_at,
});
