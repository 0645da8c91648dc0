/** What an action did, job by job. */
import type { ActAnswer } from './wire.ts';

/** One thing was done. */
export const actedOn = (id: string, text: string): ActAnswer => ({
  done: [{ id, text }],
  refused: [],
});

/** One thing was refused. */
export const notActedOn = (id: string, code: string, message: string): ActAnswer => ({
  done: [],
  refused: [{ id, code, message }],
});

/** Several answers as one. */
export const joinedAnswers = (all: readonly ActAnswer[]): ActAnswer => ({
  done: all.flatMap(({ done }) => done),
  refused: all.flatMap(({ refused }) => refused),
});
