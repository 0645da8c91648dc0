/** The form of a job: the fields of a kind's payload, where its schema is a flat object. */
import type { KindInfo } from '#shared/contracts/kindsFile.ts';
import type { KindField, KindForm } from './wire.ts';

/** What a form uses of JSON Schema. */
interface Part {
  readonly type?: string;
  readonly enum?: readonly unknown[];
  readonly properties?: Readonly<Record<string, Part>>;
  readonly required?: readonly string[];
}

const TYPES: Readonly<Record<string, KindField['type']>> = {
  string: 'text',
  number: 'number',
  integer: 'number',
  boolean: 'boolean',
};

const fieldOf = (
  name: string,
  { type = '', enum: options }: Part,
  required: boolean,
): KindField => {
  const texts = options?.filter((each) => typeof each === 'string') ?? [];
  if (texts.length > 0) return { name, type: 'choice', required, options: texts };
  return { name, type: TYPES[type] ?? 'json', required };
};

/** The form of a kind; without fields where its payload is no object, or only the mesh knows it. */
export const kindForm = ({ kind, schema }: KindInfo): KindForm => {
  const { properties, required = [] }: Part = schema ?? {};
  if (!properties) return { kind };
  const fields = Object.entries(properties).map(([name, part]) =>
    fieldOf(name, part, required.includes(name)),
  );
  return { kind, fields };
};
