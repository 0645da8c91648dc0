/** Job queues: one FIFO queue per priority, most urgent first (DESIGN §4.1). */
export const PRIORITIES = ['critical', 'high', 'normal', 'low'] as const;
export type Priority = (typeof PRIORITIES)[number];

/** Message attribute with a job's id. The mesh sets it when it sends a job that its table holds. */
export const RELEASED_ATTRIBUTE = 'sheratan-released';

/** Message attribute with the job's group, where the message travels in another SQS group. */
export const PLACED_ATTRIBUTE = 'sheratan-group';

/** The name of a FIFO queue's dead-letter queue ends with this in place of `.fifo`. */
export const DEAD_LETTERS_SUFFIX = '-dead.fifo';

/** The most messages of one invocation; SQS allows no more on a FIFO queue. */
export const BATCH_SIZE = 10;

/** After so many receives SQS gives up. A backstop only: the table counts the attempts of a job. */
export const RECEIVES_MAX = 1_000;

/** The largest message SQS takes, in bytes. */
export const MESSAGE_BYTES_MAX = 1_048_576;

/** A FIFO queue with so many messages in flight hands out no more of them, without an error. */
export const IN_FLIGHT_MAX = 120_000;
/** From so many messages in flight on people are told. */
export const IN_FLIGHT_MANY = 80_000;
