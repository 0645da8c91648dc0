/** The form of a kind's payload: a field for each of its fields, or JSON. */
import type { KindField, KindForm } from '../../console/wire.ts';

/** What is typed into the fields of a form, by their names. */
export type FieldTexts = Readonly<Record<string, string>>;

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

/**
 * The payload that was typed.
 *
 * @throws SyntaxError that names the field
 */
export const payloadOf = (
  kind: KindForm | undefined,
  values: FieldTexts,
  text: string,
): unknown => {
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

/** Which kind. */
export const KindChoice = ({
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

interface PayloadProps {
  readonly kind: KindForm | undefined;
  readonly values: FieldTexts;
  readonly setValues: (values: FieldTexts) => void;
  readonly text: string;
  readonly setText: (text: string) => void;
}

/** The payload of a kind. */
export const PayloadFields = ({ kind, values, setValues, text, setText }: PayloadProps) =>
  kind?.fields ? (
    <div>
      {kind.fields.map((field) => (
        <Input
          key={`${kind.kind}.${field.name}`}
          field={field}
          value={values[field.name] ?? ''}
          set={(value) => setValues({ ...values, [field.name]: value })}
        />
      ))}
    </div>
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
  );
