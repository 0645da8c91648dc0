/** What the forms of new schedules and new hosts share: the reason, the sending, what came of it. */
import type { ComponentChildren } from 'preact';
import { useState } from 'preact/hooks';
import type { ConsoleSession } from '../../console/wire.ts';
import { AskError, act } from '../ask.ts';
import { hrefOf } from '../route.ts';
import type { FieldTexts } from './kindFields.tsx';
import { Target } from './target.tsx';
import { undoable } from './undo.tsx';

interface TextFieldProps {
  readonly name: string;
  readonly label: string;
  readonly values: FieldTexts;
  readonly set: (name: string, value: string) => void;
  readonly hint?: string;
  readonly required?: boolean;
}

/** A field of one line. */
export const TextField = ({ name, label, values, set, hint, required = false }: TextFieldProps) => (
  <label class="field">
    <span>
      {label} {!required && <span class="dim">optional</span>}
    </span>
    <input
      type="text"
      required={required}
      spellcheck={false}
      placeholder={hint ?? ''}
      value={values[name] ?? ''}
      onInput={({ currentTarget }) => set(name, currentTarget.value)}
    />
  </label>
);

/** A choice between few texts, each with what it means. */
export const ChoiceField = ({
  name,
  label,
  values,
  set,
  options,
}: Pick<TextFieldProps, 'name' | 'label' | 'values' | 'set'> & {
  readonly options: readonly (readonly [value: string, text: string])[];
}) => (
  <label class="field">
    {label}
    <select
      value={values[name] ?? options[0]?.[0] ?? ''}
      onChange={({ currentTarget }) => set(name, currentTarget.value)}
    >
      {options.map(([value, text]) => (
        <option key={value} value={value}>
          {text}
        </option>
      ))}
    </select>
  </label>
);

/** What came of it: the line that says so, or the fault. */
interface Made {
  readonly id?: string;
  readonly text?: string;
  readonly fault?: string;
}

const made = async (wish: object, did: string): Promise<Made> => {
  try {
    const { done, refused, undo } = await act(wish);
    const [first] = done;
    const [not] = refused;
    if (!first) return { fault: not ? `${not.code}: ${not.message}` : 'Nothing was done.' };
    const { reason } = wish as { readonly reason: string };
    undoable.value = undo && { did, reason, wish: undo, done: undefined };
    return first;
  } catch (error) {
    return { fault: error instanceof AskError ? `${error.code}: ${error.message}` : String(error) };
  }
};

interface MakingProps {
  readonly session: ConsoleSession;
  readonly title: string;
  /** What is made, such as "schedule"; and the view that lists these. */
  readonly noun: string;
  readonly list: string;
  /** Its name, as typed. */
  readonly name: string;
  /**
   * The action without its reason.
   *
   * @throws SyntaxError for what cannot be meant
   */
  readonly wish: () => object;
  readonly children: ComponentChildren;
}

/** A form that asks the server for one new thing. */
export const Making = ({ session, title, noun, list, name, wish, children }: MakingProps) => {
  const [values, setValues] = useState<FieldTexts>({});
  const [isReplaced, setReplaced] = useState(false);
  const [outcome, setOutcome] = useState<Made>({});
  const set = (field: string, value: string): void => setValues({ ...values, [field]: value });
  const submit = async (): Promise<void> => {
    const { reason = '', stage } = values;
    if (session.production && stage !== session.stage)
      return setOutcome({ fault: `This is production: type its name, ${session.stage}.` });
    try {
      const whole = { ...wish(), reason, replace: isReplaced };
      setOutcome(await made(whole, `Add ${noun} ${name}`));
    } catch (error) {
      setOutcome({ fault: error instanceof Error ? error.message : String(error) });
    }
  };
  return (
    <>
      <h1>{title}</h1>
      <form
        class="card form"
        onSubmit={(event) => {
          event.preventDefault();
          void submit();
        }}
      >
        <Target session={session} />
        {children}
        <label class="check">
          <input
            type="checkbox"
            checked={isReplaced}
            onChange={({ currentTarget }) => setReplaced(currentTarget.checked)}
          />
          Replace the {noun} of the same name
        </label>
        <TextField
          name="reason"
          label="Reason"
          hint={`kept in the changes of the mesh, with your name: ${session.actor}`}
          required
          {...{ values, set }}
        />
        {session.production && (
          <TextField
            name="stage"
            label="Name of the stage"
            hint={session.stage}
            required
            {...{ values, set }}
          />
        )}
        <p class="fault" role="alert">
          {outcome.fault}
        </p>
        <p role="status">
          {outcome.id && (
            <>
              <span class="id">{outcome.id}</span>: {outcome.text}.{' '}
              <a href={hrefOf(list)}>Show all</a>
            </>
          )}
        </p>
        <div class="buttons">
          <a class="button" href={hrefOf(list)}>
            Leave it
          </a>
          <button type="submit" class="main" disabled={session.readOnly}>
            {session.readOnly ? 'This console only reads' : `Add the ${noun}`}
          </button>
        </div>
      </form>
    </>
  );
};
