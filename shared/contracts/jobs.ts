/** The states of a job, as the table, the relay's filter, the clients and the pages name them. */

/** The states of a job that neither runs nor has ended; such a job can be cancelled at once. */
export const PENDING = ['RETRYING', 'SCHEDULED', 'WAITING', 'LIMITED'] as const;

/** The states in which a job has ended; nobody waits for the job any more. */
export const TERMINAL = ['COMPLETED', 'DEAD', 'CANCELLED', 'QUARANTINED'] as const;

/** The ends that a person should look at. */
export const ATTENTION = ['DEAD', 'QUARANTINED'] as const satisfies readonly Terminal[];

export const STATUSES = ['RUNNING', ...PENDING, ...TERMINAL] as const;

export type Terminal = (typeof TERMINAL)[number];
export type Attention = (typeof ATTENTION)[number];
/** The state of a job. */
export type Status = (typeof STATUSES)[number];
