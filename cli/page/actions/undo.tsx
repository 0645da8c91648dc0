/** Offers to take the last action back, until the reader says no or does something else. */
import { signal } from '@preact/signals';
import type { UndoWish } from '../../console/wireViews.ts';
import { type Begun, nounOf, wordsOf } from './actionWords.ts';

/** The last action that can be taken back, and what was its reason. */
export interface Undoable {
  readonly did: string;
  readonly reason: string;
  readonly wish: UndoWish;
  readonly done: (() => void) | undefined;
}

/** What can be taken back; undefined: nothing. */
export const undoable = signal<Undoable | undefined>(undefined);

/** The question that takes it back. Its reason says of what it is the opposite. */
const undoing = ({ did, reason, wish, done }: Undoable): Begun => ({
  ...wish,
  reason: reason === '' ? `undo: ${did}` : `undo: ${did} (${reason})`,
  ...(done && { done }),
});

/** What was done, as the bar says it. */
export const didText = (what: Begun): string => `${wordsOf(what).verb} ${nounOf(what)}`;

/** The bar above the view. */
export const UndoBar = ({ begin }: { begin: (what: Begun) => void }) => {
  const last = undoable.value;
  if (!last) return null;
  const forget = (): void => {
    undoable.value = undefined;
  };
  return (
    <div class="undo" role="status">
      <span>
        Done: <strong>{last.did}</strong>
      </span>
      <span class="buttons">
        <button type="button" onClick={() => begin(undoing(last))}>
          Undo
        </button>
        <button type="button" class="bare" onClick={forget}>
          Dismiss
        </button>
      </span>
    </div>
  );
};
