/** A job as the original's HTTP interface shows it, and as the mesh gets it. */
import type { Envelope } from '#shared/jobs/envelope/envelope.ts';
import { isTerminal, type JobRecord } from '#shared/jobs/record/record.ts';
import { canonicalJson, isJsonObject, type Json, sha256 } from '#shared/kernel/json.ts';
import { LIMITS } from '#shared/kernel/limits.ts';
import { DEFAULT_WORKER, legacyResult } from '../bridge/resultFile.ts';
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

const resultIn = (record: JobRecord | undefined, result: Json | undefined): Json =>
  record && isTerminal(record.status) ? legacyResult(record, result, DEFAULT_WORKER) : null;

/** Fields of the original for what the mesh does by itself, or keeps elsewhere. */
const ELSEWHERE = {
  completed_result: null,
  lease_owner: null,
  lease_until_utc: null,
  meta: {},
  result_hash_alg: 'sha256',
  result_canonical: null,
} as const;

const iso = (ms: number): string => new Date(ms).toISOString();

/** A job as the original's clients read it. @param result of a completed job */
export const jobView = (
  job: LegacyJob,
  record: JobRecord | undefined,
  result: Json | undefined,
): Readonly<Record<string, unknown>> => {
  const isKeyed = keyIn(job) !== undefined;
  const status = legacyStatusOf(record);
  const shown = resultIn(record, result);
  const retryAt = record?.status === 'RETRYING' ? record.dueAt : undefined;
  return {
    ...job,
    ...ELSEWHERE,
    idempotency_key: keyIn(job) ?? null,
    idempotency_hash: isKeyed ? payloadHash(job.payload) : null,
    idempotency_first_seen_utc: isKeyed ? job.created_at : null,
    status,
    result: shown,
    result_hash: status === 'completed' ? sha256(canonicalJson(shown)) : null,
    retry_count: Math.max(0, (record?.attempt ?? 1) - 1),
    next_retry_utc: retryAt === undefined ? null : iso(retryAt),
    idempotent: false,
    updated_at: record ? iso(record.updatedAt) : job.created_at,
  };
};
