/** What an action asks before it is carried out. */
import type { ConsoleSession } from '../console/wire.ts';
import type { Begun } from './actionWords.ts';
import { type Edited, PayloadEditor } from './payload.tsx';

/** What the reader has filled in. */
export interface Asked {
  readonly reason: string;
  readonly choice: string;
  readonly data: string;
  readonly edited: Edited | undefined;
  /** Of production: the stage's name, typed. */
  readonly named: string;
}

/** The action as the server takes it. */
export const wishOf = (what: Begun, asked: Asked): object => {
  const { action, ids, more } = what;
  const { reason, choice, data, edited } = asked;
  const [id] = ids;
  if (action === 'retry') return { action, id, from: choice, reason };
  if (action === 'signal') return { action, id, name: choice, data: JSON.parse(data || 'null') };
  if (action === 'pause') return { action, reason, ...more };
  const patch = edited?.patch === undefined ? {} : { patch: edited.patch };
  return { action, ids, reason, ...patch, ...more };
};

/** What is still wrong; empty when the action can be asked for. */
export const faultIn = (what: Begun, asked: Asked, session: ConsoleSession): string => {
  if (what.action !== 'signal' && asked.reason.trim() === '') return 'Say why: it is written down.';
  if (asked.edited?.fault) return asked.edited.fault;
  if (session.production && asked.named !== session.stage)
    return `This is production: type its name, ${session.stage}.`;
  if (what.action !== 'signal') return '';
  try {
    JSON.parse(asked.data || 'null');
    return '';
  } catch {
    return 'The data is no JSON; text is in quotes: "yes".';
  }
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
    {what.action !== 'signal' && (
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
