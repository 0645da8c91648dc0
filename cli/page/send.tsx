/** Sends one job, from a form of its kind's fields or as JSON. */
import { useState } from 'preact/hooks';
import type { ConsoleSession, KindField, KindForm } from '../console/wire.ts';
import { AskError, act } from './ask.ts';
import { JobLink } from './parts.tsx';
import { Target } from './target.tsx';

type Values = Readonly<Record<string, string>>;

const PRIORITIES = ['critical', 'high', 'normal', 'low'];

const typedValue = ({ name, type }: KindField, text: string): unknown => {
  if (type === 'number') {
    if (Number.isNaN(Number(text))) throw new SyntaxError(`${name}: it is no number.`);
    return Number(text);
  }
  if (type === 'boolean') return text === 'true';
  if (type !== 'json') return text;
  try {
    return JSON.parse(text) as unknown;
  } catch {
    throw new SyntaxError(`${name}: it is no JSON; text is in quotes.`);
  }
};

const payloadOf = (kind: KindForm | undefined, values: Values, text: string): unknown => {
  if (!kind?.fields) {
    try {
      return JSON.parse(text || 'null') as unknown;
    } catch {
      throw new SyntaxError('The payload is no JSON; text is in quotes.');
    }
  }
  const given = kind.fields.filter(({ name }) => values[name]);
  return Object.fromEntries(
    given.map((each) => [each.name, typedValue(each, values[each.name] ?? '')]),
  );
};

interface InputProps {
  readonly field: KindField;
  readonly value: string;
  readonly set: (value: string) => void;
}

const Input = ({ field, value, set }: InputProps) => {
  const options = field.type === 'boolean' ? ['true', 'false'] : field.options;
  return (
    <div class="field">
      <label for={`field-${field.name}`}>
        {field.name} {!field.required && <span class="dim">optional</span>}
      </label>
      {options ? (
        <select
          id={`field-${field.name}`}
          value={value}
          onChange={({ currentTarget }) => set(currentTarget.value)}
        >
          <option value="">{field.required ? 'choose' : 'its default'}</option>
          {options.map((each) => (
            <option key={each}>{each}</option>
          ))}
        </select>
      ) : (
        <input
          id={`field-${field.name}`}
          type="text"
          inputMode={field.type === 'number' ? 'decimal' : 'text'}
          required={field.required}
          placeholder={field.type === 'json' ? 'JSON' : ''}
          value={value}
          onInput={({ currentTarget }) => set(currentTarget.value)}
        />
      )}
    </div>
  );
};

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

const KindChoice = ({
  kinds,
  kind,
  set,
}: {
  kinds: readonly KindForm[];
  kind: string;
  set: (kind: string) => void;
}) => (
  <div class="field">
    <label for="kind">Kind</label>
    <select id="kind" value={kind} onChange={({ currentTarget }) => set(currentTarget.value)}>
      {kinds.map((each) => (
        <option key={each.kind}>{each.kind}</option>
      ))}
    </select>
  </div>
);

const More = ({ more, set }: { more: Values; set: (name: string, value: string) => void }) => (
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
  const [values, setValues] = useState<Values>({});
  const [more, setMore] = useState<Values>({});
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
        {kind?.fields ? (
          kind.fields.map((field) => (
            <Input
              key={`${name}.${field.name}`}
              field={field}
              value={values[field.name] ?? ''}
              set={(value) => setValues({ ...values, [field.name]: value })}
            />
          ))
        ) : (
          <label class="field">
            Payload, as JSON
            <textarea
              rows={6}
              spellcheck={false}
              placeholder='{"hello": "mesh"}'
              value={text}
              onInput={({ currentTarget }) => setText(currentTarget.value)}
            />
          </label>
        )}
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
