/**
 * What came back undecided because of a fault of ours: its job may have no row yet, so the fault is
 * kept beside it, for `why`, `status` and the doctor.
 */
import { LIMITS } from '#shared/kernel/limits.ts';
import { clipped } from '#shared/kernel/text.ts';
import { thrownText } from '#shared/kernel/thrown.ts';
import { hintsOf } from '../envelope/envelope.ts';
import type { Delivery } from '../ports/jobs.ts';
import { isTerminal, type JobRecord } from './record.ts';

export interface Undecided {
  /** Of the job as far as the message tells, else of the message. */
  readonly id: string;
  readonly messageId: string;
  readonly code: string;
  readonly message: string;
  /** ms since the epoch. */
  readonly at: number;
  /** How often the message has come. */
  readonly receives: number;
}

export interface FaultLog {
  /** The newest of a job counts; noting it twice is noting it once. */
  note(fault: Undecided): Promise<void>;
  get(id: string): Promise<Undecided | undefined>;
  /** Those of jobs that nothing has become of since, the newest first. */
  list(limit: number): Promise<readonly Undecided[]>;
}

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

/** For people. */
export const undecidedText = ({ messageId, message, receives }: Undecided): string =>
  `its message ${messageId} came back undecided, received ${receives} times so far: ${message}; a fault of the mesh, see the worker's log`;
