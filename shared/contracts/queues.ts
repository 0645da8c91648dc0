/** Job queues: one FIFO queue per priority, most urgent first (DESIGN §4.1). */
export const PRIORITIES = ['critical', 'high', 'normal', 'low'] as const;
export type Priority = (typeof PRIORITIES)[number];

/** Message attribute of what the mesh itself sends for a job that it holds: the job's id. */
export const RELEASED_ATTRIBUTE = 'sheratan-released';

/** Beside it: the group of a job that keeps its place there while its message travels in another. */
export const PLACED_ATTRIBUTE = 'sheratan-group';

/** The name of a FIFO queue's dead-letter queue ends with this in place of `.fifo`. */
export const DEAD_LETTERS_SUFFIX = '-dead.fifo';

/** How many messages one invocation gets; the most SQS allows on a FIFO queue. */
export const BATCH_SIZE = 10;

/** Receives after which SQS itself gives up. Attempts are counted in the table; this is a backstop. */
export const RECEIVES_MAX = 1_000;

/** The largest message SQS takes, in bytes. */
export const MESSAGE_BYTES_MAX = 1_048_576;
