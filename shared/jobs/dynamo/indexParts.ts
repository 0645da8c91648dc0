/** Which part of which index holds the jobs of a list. */
import type { Attention } from '#shared/contracts/jobs.ts';
import {
  ATTENTION_SHARDS,
  DUE_SHARDS,
  MISSION_INDEX,
  TASK_INDEX,
} from '#shared/contracts/tables.ts';

const numbered = (count: number): readonly string[] =>
  Array.from({ length: count }, (_, shard) => String(shard));

/** The keys of the attention index for jobs that ended so. */
export const attentionKeys = (status: Attention): readonly string[] =>
  numbered(ATTENTION_SHARDS).map((shard) => `${status}#${shard}`);

/** The keys of the due index. */
export const DUE_KEYS = numbered(DUE_SHARDS);

/** The index of each label. */
export const LABEL_INDEX = { missionId: MISSION_INDEX, taskId: TASK_INDEX } as const;
