/** Edits the payload of a job that is put back, and shows the difference. */
import { useState } from 'preact/hooks';
import { diffLines, NullError, patchBetween } from './mergePatch.ts';

/** What the reader made of the payload. */
export interface Edited {
  /** undefined: it is as it was. */
  readonly patch: unknown;
  /** Why it cannot be sent so; empty when it can. */
  readonly fault: string;
}

const LINES_MAX = 400;

const editedOf = (payload: unknown, text: string): Edited => {
  try {
    return { patch: patchBetween(payload, JSON.parse(text) as unknown), fault: '' };
  } catch (error) {
    const fault = error instanceof NullError ? error.message : 'The payload is no JSON.';
    return { patch: undefined, fault };
  }
};

/** The payload as text to edit, with the difference below. */
export const PayloadEditor = ({
  payload,
  onEdit,
}: {
  payload: unknown;
  onEdit: (edited: Edited) => void;
}) => {
  const before = JSON.stringify(payload, null, 2);
  const [text, setText] = useState(before);
  const isLarge = text.split('\n').length > LINES_MAX;
  return (
    <details class="payload">
      <summary>Edit its payload</summary>
      {before.includes('[hidden ') && (
        <p class="hint">
          A mark such as <code>[hidden …]</code> stands for a sensitive value. Leave it, and the
          value stays; write over it, and the value changes.
        </p>
      )}
      <textarea
        aria-label="Payload, as JSON"
        spellcheck={false}
        rows={Math.min(14, before.split('\n').length + 2)}
        value={text}
        onInput={({ currentTarget: { value } }) => {
          setText(value);
          onEdit(editedOf(payload, value));
        }}
      />
      {text !== before && !isLarge && (
        <pre class="diff">
          {diffLines(before, text).map(({ sign, text: line }, index) => (
            <span key={index} class={sign === '+' ? 'plus' : sign === '-' ? 'minus' : ''}>
              {sign} {line}
              {'\n'}
            </span>
          ))}
        </pre>
      )}
    </details>
  );
};
