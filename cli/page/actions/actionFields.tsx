/** What an action asks before it is carried out. */
import type { ConsoleSession } from '../../console/wire.ts';
import { asksWhy, type Begun } from './actionWords.ts';
import { type Edited, PayloadEditor } from './payload.tsx';

/** What the reader has filled in. */
export interface Asked {
  readonly reason: string;
  readonly choice: string;
  readonly data: string;
  readonly edited: Edited | undefined;
  /** Of production: the stage's name, typed. */
  readonly named: string;
  /** Further fields, by their names. */
  readonly given: Readonly<Record<string, string>>;
}

const givenOf = ({ asks = [] }: Begun, { given }: Asked): object =>
  Object.fromEntries(
    asks.flatMap(({ name, type }) => {
      const text = given[name]?.trim();
      return text ? [[name, type === 'number' ? Number(text) : text]] : [];
    }),
  );

/** The action as the server takes it. */
export const wishOf = (what: Begun, asked: Asked): object => {
  const { action, ids, more } = what;
  const { reason, choice, data, edited } = asked;
  const [id] = ids;
  if (action === 'retry') return { action, id, from: choice, reason };
  if (action === 'signal') return { action, id, name: choice, data: JSON.parse(data || 'null') };
  const patch = edited?.patch === undefined ? {} : { patch: edited.patch };
  return { action, ids, reason, ...patch, ...more, ...givenOf(what, asked) };
};

const dataFault = (data: string): string => {
  try {
    JSON.parse(data || 'null');
    return '';
  } catch {
    return 'The data is no JSON; text is in quotes: "yes".';
  }
};

const givenFault = ({ asks = [] }: Begun, { given }: Asked): string => {
  const textOf = (name: string): string => given[name]?.trim() ?? '';
  const wrong = asks.find(({ name, type }) => type === 'number' && !/^\d*$/.test(textOf(name)));
  if (wrong) return `${wrong.label}: a whole number.`;
  const missing = asks.find(({ name, type }) => type === 'text' && textOf(name) === '');
  return missing ? `${missing.label}: say which.` : '';
};

/** What is still wrong; empty when the action can be asked for. */
export const faultIn = (what: Begun, asked: Asked, session: ConsoleSession): string => {
  if (asksWhy(what) && asked.reason.trim() === '') return 'Say why: it is written down.';
  if (asked.edited?.fault) return asked.edited.fault;
  if (session.production && asked.named !== session.stage)
    return `This is production: type its name, ${session.stage}.`;
  return what.action === 'signal' ? dataFault(asked.data) : givenFault(what, asked);
};

interface FieldsProps {
  readonly what: Begun;
  readonly asked: Asked;
  readonly set: (part: Partial<Asked>) => void;
  readonly session: ConsoleSession;
}

/** What an action asks. */
export const Fields = ({ what, asked, set, session }: FieldsProps) => (
  <>
    {what.choices && (
      <label class="field">
        {what.action === 'retry' ? 'From step' : 'Name'}
        <select
          value={asked.choice}
          onChange={({ currentTarget: { value } }) => set({ choice: value })}
        >
          {what.choices.map((each) => (
            <option key={each}>{each}</option>
          ))}
        </select>
      </label>
    )}
    {what.action === 'signal' && (
      <label class="field">
        Data, as JSON
        <input
          type="text"
          value={asked.data}
          placeholder="null"
          onInput={({ currentTarget: { value } }) => set({ data: value })}
        />
      </label>
    )}
    {what.payload !== undefined && (
      <PayloadEditor payload={what.payload} onEdit={(edited) => set({ edited })} />
    )}
    {what.asks?.map(({ name, label, type }) => (
      <label class="field" key={name}>
        {label}
        <input
          type="text"
          inputMode={type === 'number' ? 'numeric' : 'text'}
          value={asked.given[name] ?? ''}
          onInput={({ currentTarget: { value } }) =>
            set({ given: { ...asked.given, [name]: value } })
          }
        />
      </label>
    ))}
    {asksWhy(what) && (
      <label class="field">
        Reason
        <input
          type="text"
          value={asked.reason}
          placeholder={`kept in the trace, with your name: ${session.actor}`}
          onInput={({ currentTarget: { value } }) => set({ reason: value })}
        />
      </label>
    )}
    {session.production && (
      <label class="field">
        Name of the stage
        <input
          type="text"
          value={asked.named}
          placeholder={session.stage}
          onInput={({ currentTarget: { value } }) => set({ named: value })}
        />
      </label>
    )}
  </>
);
