/** The Ledger table: keys and index that infra and adapter share. Names are short: they are in every item. */
export const LEDGER_KEYS = { partition: 'pk', sort: 'sk' } as const;

/** Pending holds by lane and the time when they end. Sparse. */
export const EXPIRY_INDEX = { name: 'expiry', partition: 'gx', sort: 'x' } as const;

/** Blocks of a lane: what the stream is rung by. */
export const BLOCK_PREFIX = 'B#';

/** Lanes of a deployed ledger: fixed once accounts exist, for an account keeps its home. */
export const LANES_DEFAULT = 16;

/** Accounts of the mesh itself; made when they are first needed. */
export const LEDGER_ACCOUNTS = {
  /** Earns what jobs pay that run in the worker itself. */
  worker: 'sheratan:worker',
  /** Earns the margin of every job. */
  operator: 'sheratan:operator',
  /** Owes what was done and could not be collected any more. */
  receivable: 'sheratan:receivable',
} as const;

/** Unit of a cost that names none. */
export const UNIT_DEFAULT = 'CRD';

/** The operator's share of what a job costs, in parts per million. */
export const MARGIN_PPM_DEFAULT = 100_000;
