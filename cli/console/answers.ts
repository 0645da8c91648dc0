/** What an action did, job by job. */
import type { ActAnswer } from './wire.ts';
import type { UndoWish } from './wireViews.ts';

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

/** The answer with what takes it back: the action on those ids that it was done to. */
export const undoneBy = (
  answer: ActAnswer,
  undo: UndoWish,
  able: ReadonlySet<string>,
): ActAnswer => {
  const ids = answer.done.flatMap(({ id }) => (able.has(id) ? [id] : []));
  return ids.length === 0 ? answer : { ...answer, undo: { ...undo, ids } };
};
