/** Sends one job, from a form of its kind's fields or as JSON. */
import { useState } from 'preact/hooks';
import type { ConsoleSession } from '../../console/wire.ts';
import { AskError, act } from '../ask.ts';
import { JobLink } from '../parts.tsx';
import { type FieldTexts, KindChoice, PayloadFields, payloadOf } from './kindFields.tsx';
import { Target } from './target.tsx';

const PRIORITIES = ['critical', 'high', 'normal', 'low'];

const MORE = [
  ['id', 'a fresh one by default'],
  ['idempotencyKey', 'the same key is the same job'],
  ['source', 'default'],
  ['group', 'jobs of a group run one after another'],
  ['missionId', 'a label'],
] as const;

const freshId = (): string => crypto.randomUUID();

interface Sent {
  readonly id?: string;
  readonly fault?: string;
}

const sent = async (envelope: object): Promise<Sent> => {
  try {
    const { done, refused } = await act({ action: 'send', envelope });
    const [first] = done;
    if (first) return { id: first.id };
    const [not] = refused;
    return { fault: not ? `${not.code}: ${not.message}` : 'Nothing was sent.' };
  } catch (error) {
    return { fault: error instanceof AskError ? `${error.code}: ${error.message}` : String(error) };
  }
};

const More = ({ more, set }: { more: FieldTexts; set: (name: string, value: string) => void }) => (
  <details>
    <summary>Id, source, group, priority</summary>
    {MORE.map(([name, hint]) => (
      <label class="field" key={name}>
        <span>{name}</span>
        <input
          type="text"
          placeholder={hint}
          value={more[name] ?? ''}
          onInput={({ currentTarget }) => set(name, currentTarget.value)}
        />
      </label>
    ))}
    <label class="field">
      priority
      <select
        value={more['priority'] ?? 'normal'}
        onChange={({ currentTarget }) => set('priority', currentTarget.value)}
      >
        {PRIORITIES.map((each) => (
          <option key={each}>{each}</option>
        ))}
      </select>
    </label>
  </details>
);

/** The view `send`. */
export const Send = ({ session }: { session: ConsoleSession }) => {
  const [name, setName] = useState(session.kinds[0]?.kind ?? '');
  const [values, setValues] = useState<FieldTexts>({});
  const [more, setMore] = useState<FieldTexts>({});
  const [text, setText] = useState('');
  const [outcome, setOutcome] = useState<Sent>({});
  // A press whose answer was lost, and the next press, are one job.
  const [draft, setDraft] = useState(freshId);
  const kind = session.kinds.find((each) => each.kind === name);
  const submit = async (): Promise<void> => {
    try {
      const given = Object.fromEntries(Object.entries(more).filter(([, value]) => value));
      const own = given['idempotencyKey'] ? {} : { id: draft };
      const payload = payloadOf(kind, values, text);
      const next = await sent({ kind: name, payload, ...own, ...given });
      setOutcome(next);
      if (next.id !== undefined) setDraft(freshId());
    } catch (error) {
      setOutcome({ fault: error instanceof Error ? error.message : String(error) });
    }
  };
  return (
    <>
      <h1>Send a job</h1>
      <form
        class="card form"
        onSubmit={(event) => {
          event.preventDefault();
          void submit();
        }}
      >
        <Target session={session} />
        <KindChoice
          kinds={session.kinds}
          kind={name}
          set={(next) => {
            setName(next);
            setValues({});
          }}
        />
        <PayloadFields {...{ kind, values, setValues, text, setText }} />
        <More more={more} set={(field, value) => setMore({ ...more, [field]: value })} />
        <p class="fault" role="alert">
          {outcome.fault}
        </p>
        <p role="status">
          {outcome.id && (
            <>
              Sent: <JobLink id={outcome.id} />
            </>
          )}
        </p>
        <div class="buttons">
          <button type="submit" class="main" disabled={session.readOnly}>
            {session.readOnly ? 'This console only reads' : 'Send'}
          </button>
        </div>
      </form>
    </>
  );
};
