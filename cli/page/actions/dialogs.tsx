/** Asks before an action: what, where, why. Then says what became of each job. */
import { signal } from '@preact/signals';
import { useEffect, useRef, useState } from 'preact/hooks';
import type { ActAnswer, ConsoleSession } from '../../console/wire.ts';
import { AskError, act } from '../ask.ts';
import { chosen, place } from '../route.ts';
import { type Asked, Fields, faultIn, wishOf } from './actionFields.tsx';
import { type Begun, nounOf, wordsOf } from './actionWords.ts';
import { Outcome } from './outcome.tsx';
import { placeClass, Target } from './target.tsx';
import { didText, undoable } from './undo.tsx';

const begun = signal<Begun | undefined>(undefined);
/** Counts the actions that were carried out. */
const acted = signal(0);

/** Lets a view that shows the effect of actions read again after each of them. */
export const useAgainAfterActions = (again: () => void): void => {
  useEffect(() => {
    if (acted.value > 0) again();
  }, [acted.value]);
};

/** Opens the question. */
export const openDialog = (next: Begun): void => {
  begun.value = next;
};

const SHOWN_MAX = 5;

const Question = ({
  what,
  session,
  close,
}: {
  what: Begun;
  session: ConsoleSession;
  close: () => void;
}) => {
  const { verb, means, undo, grave } = wordsOf(what);
  const [asked, setAsked] = useState<Asked>({
    ...{ reason: what.reason ?? '', data: '', named: '', edited: undefined, given: {} },
    choice: what.choices?.[0] ?? '',
  });
  const [fault, setFault] = useState('');
  const [answer, setAnswer] = useState<ActAnswer>();
  const [isBusy, setBusy] = useState(false);
  const carryOut = async (): Promise<void> => {
    const wrong = faultIn(what, asked, session);
    setFault(wrong);
    if (wrong) return;
    setBusy(true);
    try {
      const did = await act(wishOf(what, asked));
      setAnswer(did);
      const { reason } = asked;
      const undo = did.undo && { did: didText(what), reason, wish: did.undo, done: what.done };
      // What takes an action back is not offered to be taken back in turn.
      undoable.value = what.reason === undefined ? undo : undefined;
      chosen.value = new Set();
      acted.value += 1;
      what.done?.();
    } catch (error) {
      setFault(error instanceof AskError ? `${error.code}: ${error.message}` : String(error));
    } finally {
      setBusy(false);
    }
  };
  if (answer) return <Outcome answer={answer} close={close} />;
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        void carryOut();
      }}
    >
      <p>{means}</p>
      {what.ids.length > 1 && (
        <ul class="which">
          {what.ids.slice(0, SHOWN_MAX).map((id) => (
            <li key={id} class="id">
              {id}
            </li>
          ))}
          {what.ids.length > SHOWN_MAX && <li>and {what.ids.length - SHOWN_MAX} more</li>}
        </ul>
      )}
      <Fields
        what={what}
        asked={asked}
        session={session}
        set={(part) => setAsked((old) => ({ ...old, ...part }))}
      />
      <p class="dim">{undo}</p>
      <p class="fault" role="alert">
        {fault}
      </p>
      <div class="buttons">
        <button type="button" onClick={close}>
          Leave it
        </button>
        <button type="submit" class={grave ? 'grave' : 'main'} disabled={isBusy}>
          {verb} {nounOf(what)}
        </button>
      </div>
    </form>
  );
};

/** The place of the question in the page. */
export const ActionDialog = ({ session }: { session: ConsoleSession }) => {
  const dialog = useRef<HTMLDialogElement>(null);
  const what = begun.value;
  useEffect(() => {
    if (what && !dialog.current?.open) dialog.current?.showModal();
    if (!what && dialog.current?.open) dialog.current.close();
  }, [what]);
  const close = (): void => {
    begun.value = undefined;
  };
  // A question is about what was seen when it was asked.
  const { name, id } = place.value;
  useEffect(close, [name, id]);
  return (
    <dialog
      ref={dialog}
      class={`action ${placeClass(session)}`}
      onClose={close}
      aria-labelledby="action-title"
    >
      {what && (
        <>
          <h2 id="action-title">
            {wordsOf(what).verb} {nounOf(what)}
          </h2>
          <Target session={session} />
          {session.readOnly ? (
            <p class="fault">This console only reads: start it without --read-only to act.</p>
          ) : (
            <Question what={what} session={session} close={close} />
          )}
        </>
      )}
    </dialog>
  );
};
