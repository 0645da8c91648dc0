/** Names of the Jobs table that its users and its template must agree on. */
export const JOBS_KEY = 'pk';
export const JOBS_SORT = 'sk';
export const JOBS_TTL = 'expiresAt';

/** Sort keys of what is kept of a job's steps and of its signals. */
export const STEP_PREFIX = 'STEP#';
export const SIGNAL_PREFIX = 'SIGNAL#';
/** Sort keys of what another system decided about a job. */
export const PAST_PREFIX = 'PAST#';

/** The control item: what is paused, the limits of sources, and until when groups may be held. */
export const CONTROL_KEY = { pk: 'CONTROL', sk: 'STATE' } as const;

/** Sparse: only jobs that a person should look at (DEAD, QUARANTINED) carry the key. */
export const ATTENTION_INDEX = { name: 'attention', key: 'attention', sort: 'updatedAt' } as const;
/** Sparse: only jobs that were sent with the label carry the key. */
export const MISSION_INDEX = { name: 'mission', key: 'missionId', sort: 'createdAt' } as const;
export const TASK_INDEX = { name: 'task', key: 'taskId', sort: 'createdAt' } as const;

/** Sparse: only jobs without a message (parked, waiting), sorted by the time to look at them. */
export const DUE_INDEX = { name: 'due', key: 'due', sort: 'dueAt' } as const;

/** Every index of the Jobs table. */
export const JOBS_INDEXES = [ATTENTION_INDEX, MISSION_INDEX, TASK_INDEX, DUE_INDEX] as const;

/** The due key is a shard number, so that a burst of parked jobs has no hot partition. */
export const DUE_SHARDS = 4;

/** The attention key is `<status>#<shard>`, so that a flood of dead jobs has no hot partition. */
export const ATTENTION_SHARDS = 4;
