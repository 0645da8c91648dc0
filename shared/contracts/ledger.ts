/** Keys and index of the Ledger table. The names are short, because every item holds them. */
export const LEDGER_KEYS = { partition: 'pk', sort: 'sk' } as const;

/** Pending holds by lane, sorted by the time when they expire. Sparse. */
export const EXPIRY_INDEX = { name: 'expiry', partition: 'gx', sort: 'x' } as const;

/** Sort key prefix of a lane's blocks. The filter of the table's stream passes only blocks. */
export const BLOCK_PREFIX = 'B#';

/** Lanes of a deployed ledger. Fixed once accounts exist: an account never changes its lane. */
export const LANES_DEFAULT = 16;

/** Accounts of the mesh itself. The first use opens them. */
export const LEDGER_ACCOUNTS = {
  /** Earns the price of jobs that run in the worker itself. */
  worker: 'sheratan:worker',
  /** Earns the margin of every job. */
  operator: 'sheratan:operator',
  /** Carries the debt for work that was done and can no longer be collected from the payer. */
  receivable: 'sheratan:receivable',
} as const;

/** The unit of a cost that names no unit. */
export const UNIT_DEFAULT = 'CRD';

/** The operator's share of what a job costs, in parts per million. */
export const MARGIN_PPM_DEFAULT = 100_000;
