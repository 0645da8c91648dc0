/** The Hosts table and the probes queue: names that infra and adapters share. */
export const HOSTS_KEYS = { partition: 'pk', sort: 'sk' } as const;
export const HOSTS_TTL = 'expiresAt';

/** Attributes of a shard's state that the table's stream is filtered by. */
export const STATE_SORT = 'STATE';
/** How many changes a commit carries; 0 for none. */
export const CHANGES_COUNT = 'chgN';

/** `source` of what is put on the event bus, and its detail types. */
export const HOST_EVENT_SOURCE = 'sheratan.hosts';
export const HOST_EVENT_TYPE = 'Host State Change';

/** Hosts of one shard: one probe run, one packed item. */
export const SHARD_HOSTS_MAX = 1_000;

/** How often a host may be probed, in seconds. A shard has hosts of one of these. */
export const PROBE_INTERVALS = [5, 10, 15, 20, 30, 60] as const;
export type ProbeInterval = (typeof PROBE_INTERVALS)[number];

/** A host's account in the ledger is this and its id. */
export const HOST_ACCOUNT_PREFIX = 'host:';
