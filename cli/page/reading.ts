/** Reads from the server again and again, while somebody looks. */
import { signal } from '@preact/signals';
import { useCallback, useEffect, useRef, useState } from 'preact/hooks';
import { AskError, askAgain, type TextAnswer } from './ask.ts';
import { type Words, wordsText } from './words.ts';

/** The reader holds the page still. */
export const paused = signal(false);
/** Why the last question had no answer; empty when it had one. */
export const trouble = signal('');

/** Does what a press began; a failure is told above the view. */
export const onPress = (work: Promise<unknown>): void => {
  work.catch((error: unknown) => {
    trouble.value = error instanceof Error ? error.message : String(error);
  });
};

/** What was read, and how that stands. */
interface Reading<T> {
  readonly data: T | undefined;
  readonly error: AskError | undefined;
  /** An answer has come: `data` undefined then means that there is no such thing. */
  readonly isKnown: boolean;
  again(): void;
}

interface Kept<T> {
  readonly key: string;
  readonly answer: TextAnswer<T> | undefined;
  readonly error: AskError | undefined;
}

const asError = (error: unknown): AskError =>
  error instanceof AskError
    ? error
    : new AskError({ code: 'FAULT', message: error instanceof Error ? error.message : '' });

interface Question {
  readonly key: string;
  readonly name: string;
  readonly words: Words;
}

/** What stands after one more question: what stood before, when the answer is the same. */
const readOnce = async <T>(
  { key, name, words }: Question,
  had: Kept<T> | undefined,
): Promise<Kept<T>> => {
  try {
    const answer = await askAgain(name, words, had?.answer);
    trouble.value = '';
    return had?.answer === answer && !had.error ? had : { key, answer, error: undefined };
  } catch (error) {
    const fault = asError(error);
    trouble.value = fault.code === 'NO_ANSWER' ? fault.message : '';
    return { key, answer: had?.answer, error: fault };
  }
};

/**
 * Asks now, and again after `everyMs` (0: not again). The old answer stays until the new one is
 * there, so nothing flickers; an equal answer changes nothing. A hidden or paused page does not ask.
 */
export const useReading = <T>(name: string, words: Words = {}, everyMs = 0): Reading<T> => {
  const key = `${name}?${wordsText(words)}`;
  const [kept, setKept] = useState<Kept<T>>();
  const [turn, setTurn] = useState(0);
  const held = useRef<Kept<T>>(undefined);
  const latest = useRef(key);
  latest.current = key;
  const read = useCallback(async () => {
    const had = held.current?.key === key ? held.current : undefined;
    const next = await readOnce({ key, name, words }, had);
    if (latest.current !== key || next === had) return;
    held.current = next;
    setKept(next);
  }, [key]);
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    let isOver = false;
    const next = async (): Promise<void> => {
      if (!(document.hidden || paused.value)) await read();
      if (!isOver && everyMs > 0) timer = setTimeout(() => void next(), everyMs);
    };
    void read().then(() => {
      if (!isOver && everyMs > 0) timer = setTimeout(() => void next(), everyMs);
    });
    return () => {
      isOver = true;
      clearTimeout(timer);
    };
  }, [key, everyMs, turn]);
  const mine = kept?.key === key ? kept : undefined;
  return {
    data: mine?.answer?.data,
    error: mine?.error,
    isKnown: mine !== undefined,
    again: () => setTurn(turn + 1),
  };
};
