/**
 * Messages that came back undecided because of a fault of the mesh. Their job may have no row yet,
 * so the fault is an item of its own, for `why`, `status` and the doctor.
 */
import { LIMITS } from '#shared/kernel/limits.ts';
import { clipped } from '#shared/kernel/text.ts';
import { thrownText } from '#shared/kernel/thrown.ts';
import { hintsOf } from '../envelope/envelope.ts';
import type { Delivery } from '../ports/jobs.ts';
import { isTerminal, type JobRecord } from './record.ts';

/** The last fault that kept a message undecided. */
export interface Undecided {
  /** The job's id as far as the message tells it, else the message id. */
  readonly id: string;
  readonly messageId: string;
  readonly code: string;
  readonly message: string;
  /** ms since the epoch. */
  readonly at: number;
  /** How often the message was received. */
  readonly receives: number;
}

/** Keeps the last fault of each job. */
export interface FaultLog {
  /** Keeps the newest fault of a job; safe to repeat. */
  note(fault: Undecided): Promise<void>;
  get(id: string): Promise<Undecided | undefined>;
  /** The faults of jobs that have not moved on since, newest first. */
  list(limit: number): Promise<readonly Undecided[]>;
}

/** The fault of a message that could not be decided. @param now ms since the epoch */
export const undecidedOf = (delivery: Delivery, error: unknown, now: number): Undecided => {
  const { messageId, receives, released, body } = delivery;
  return {
    id: released ?? hintsOf(body).id ?? messageId,
    messageId,
    code: error instanceof Error ? clipped(String(error.name), LIMITS.labelLengthMax) : 'UNKNOWN',
    message: thrownText(error),
    at: now,
    receives,
  };
};

/** Whether the job has moved on since its message came back undecided. */
export const isOver = (fault: Undecided, record: JobRecord | undefined): boolean =>
  record !== undefined && (isTerminal(record.status) || record.updatedAt > fault.at);

/** The fault in one sentence, for people. */
export const undecidedText = ({ messageId, message, receives }: Undecided): string =>
  `its message ${messageId} came back undecided, received ${receives} times so far: ${message}; a fault of the mesh, see the worker's log`;
