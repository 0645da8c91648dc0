/** Names of the Jobs table that its users and its template must agree on. */
export const JOBS_KEY = 'pk';
export const JOBS_SORT = 'sk';
export const JOBS_TTL = 'expiresAt';

/** Sparse: only jobs a person should look at (DEAD, QUARANTINED) carry the key. */
export const ATTENTION_INDEX = { name: 'attention', key: 'attention', sort: 'updatedAt' } as const;
/** Sparse: only jobs that were sent with the label carry the key. */
export const MISSION_INDEX = { name: 'mission', key: 'missionId', sort: 'createdAt' } as const;
export const TASK_INDEX = { name: 'task', key: 'taskId', sort: 'createdAt' } as const;

/** The attention key is `<status>#<shard>`, so that a flood of dead jobs has no hot partition. */
export const ATTENTION_SHARDS = 4;
