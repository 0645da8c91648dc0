/**
 * Missions, tasks and jobs as the original's HTTP interface knows them. Each line of the shelf is one
 * thing that was posted; the shelf is the lines in their order. What a job did is in the mesh.
 */
import * as v from 'valibot';
import { canonicalJson, type Json, sha256 } from '#shared/kernel/json.ts';

const text = v.string();
const object = v.record(v.string(), v.unknown());

/** What a client posts. Unknown fields are ignored, as in the original. */
export const MISSION_CREATE = v.object({
  title: text,
  description: text,
  user_id: v.optional(text, 'alice'),
  metadata: v.optional(object, {}),
  tags: v.optional(v.array(text), []),
});
export const TASK_CREATE = v.object({
  name: text,
  description: v.optional(text, ''),
  kind: v.optional(text, ''),
  params: v.optional(object, {}),
});
export const JOB_CREATE = v.object({
  payload: object,
  priority: v.optional(text, 'normal'),
  timeout_seconds: v.optional(v.pipe(v.number(), v.integer(), v.minValue(1)), 300),
  depends_on: v.optional(v.array(text), []),
  idempotency_key: v.nullish(text),
});

/** A mission, in the original's words. */
export type LegacyMission = v.InferOutput<typeof MISSION_CREATE> & {
  readonly id: string;
  readonly status: 'active';
  readonly created_at: string;
};
/** A task of a mission. */
export type LegacyTask = v.InferOutput<typeof TASK_CREATE> & {
  readonly id: string;
  readonly mission_id: string;
  readonly created_at: string;
};
/** A job of a task, as it was asked for. */
export type LegacyJob = v.InferOutput<typeof JOB_CREATE> & {
  readonly id: string;
  readonly task_id: string;
  readonly created_at: string;
};

/** One line of the shelf. */
export type ShelfLine =
  | { readonly type: 'mission'; readonly value: LegacyMission }
  | { readonly type: 'task'; readonly value: LegacyTask }
  | { readonly type: 'job'; readonly value: LegacyJob };

/** All that was posted so far. */
export interface Shelf {
  readonly missions: ReadonlyMap<string, LegacyMission>;
  readonly tasks: ReadonlyMap<string, LegacyTask>;
  readonly jobs: ReadonlyMap<string, LegacyJob>;
  /** Jobs by their idempotency keys, which count across all missions. */
  readonly keys: ReadonlyMap<string, LegacyJob>;
  /** Puts a line on the shelf, in memory only. */
  put(line: ShelfLine): void;
}

/** A shelf of these lines. */
export const createShelf = (lines: readonly ShelfLine[]): Shelf => {
  const missions = new Map<string, LegacyMission>();
  const tasks = new Map<string, LegacyTask>();
  const jobs = new Map<string, LegacyJob>();
  const keys = new Map<string, LegacyJob>();
  const put = ({ type, value }: ShelfLine): void => {
    if (type === 'mission') missions.set(value.id, value);
    else if (type === 'task') tasks.set(value.id, value);
    else {
      jobs.set(value.id, value);
      const key = keyIn(value);
      if (key !== undefined && !keys.has(key)) keys.set(key, value);
    }
  };
  for (const line of lines) put(line);
  return { missions, tasks, jobs, keys, put };
};

/** The idempotency key of a job, trimmed; an empty one is none. */
export const keyIn = ({ idempotency_key: key }: Pick<LegacyJob, 'idempotency_key'>) =>
  key?.trim() || undefined;

/** The original's hash of a payload: of its JSON with sorted keys. */
export const payloadHash = (payload: LegacyJob['payload']): string =>
  sha256(canonicalJson(payload as Json));

/** The lines of a shelf's file. @throws SyntaxError for a line that is no JSON */
export const shelfLines = (file: string): readonly ShelfLine[] =>
  file
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as ShelfLine);
