/** The states of a job: what the table says, the relay's filter lets through, clients wait for, pages show. */

/** Neither run nor ended: each of them may be cancelled where it stands. */
export const PENDING = ['RETRYING', 'SCHEDULED', 'WAITING', 'LIMITED'] as const;

/** How a job ends; whoever waits for a job waits no longer. */
export const TERMINAL = ['COMPLETED', 'DEAD', 'CANCELLED', 'QUARANTINED'] as const;

/** The ends that a person should look at. */
export const ATTENTION = ['DEAD', 'QUARANTINED'] as const satisfies readonly Terminal[];

export const STATUSES = ['RUNNING', ...PENDING, ...TERMINAL] as const;

export type Terminal = (typeof TERMINAL)[number];
export type Attention = (typeof ATTENTION)[number];
export type Status = (typeof STATUSES)[number];
