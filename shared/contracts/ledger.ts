/** The Ledger table: keys and index that infra and adapter share. Names are short: they are in every item. */
export const LEDGER_KEYS = { partition: 'pk', sort: 'sk' } as const;

/** Pending holds by lane and the time when they end. Sparse. */
export const EXPIRY_INDEX = { name: 'expiry', partition: 'gx', sort: 'x' } as const;

/** Blocks of a lane: what the stream is rung by. */
export const BLOCK_PREFIX = 'B#';

/** Lanes of a deployed ledger: fixed once accounts exist, for an account keeps its home. */
export const LANES_DEFAULT = 16;
