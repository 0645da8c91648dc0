/** The Hosts table and the probes queue: names that infra and adapters share. */
export const HOSTS_KEYS = { partition: 'pk', sort: 'sk' } as const;
export const HOSTS_TTL = 'expiresAt';

/** Attributes of a shard's state that the table's stream is filtered by. */
export const STATE_SORT = 'STATE';
/** How many changes of state a commit carries; 0 for none. */
export const CHANGES_COUNT = 'chgN';

/** `source` and detail type of the events on the event bus. */
export const HOST_EVENT_SOURCE = 'sheratan.hosts';
export const HOST_EVENT_TYPE = 'Host State Change';

/** The most hosts of one shard. A shard is probed in one probe run and kept in one packed item. */
export const SHARD_HOSTS_MAX = 1_000;

/** The intervals at which a host may be probed, in seconds. All hosts of a shard share one. */
export const PROBE_INTERVALS = [5, 10, 15, 20, 30, 60] as const;
export type ProbeInterval = (typeof PROBE_INTERVALS)[number];

/** The name of a host's account in the ledger is this prefix and the host's id. */
export const HOST_ACCOUNT_PREFIX = 'host:';
