/** The kinds that a deployment runs, with the fields of their payloads where these are known. */

import { BUILT_IN } from '#shared/jobs/kinds/index.ts';
import type { PayloadSchema } from '#shared/jobs/kinds/payloadSchema.ts';
import type { KindField, KindInfo } from './wire.ts';

interface Part {
  readonly type?: string;
  readonly wrapped?: Part;
  readonly options?: readonly unknown[];
  readonly entries?: Readonly<Record<string, Part>>;
}

const TYPES: Readonly<Record<string, KindField['type']>> = {
  string: 'text',
  number: 'number',
  boolean: 'boolean',
  picklist: 'choice',
};

const fieldOf = (name: string, part: Part): KindField => {
  const inner = part.wrapped ?? part;
  const options = inner.options?.filter((each) => typeof each === 'string');
  return {
    name,
    type: TYPES[inner.type ?? ''] ?? 'json',
    required: !part.wrapped,
    ...(options && options.length > 0 && { options }),
  };
};

/** The fields of a payload that is an object of valibot; undefined for all others. */
const fieldsOf = (payload: PayloadSchema): readonly KindField[] | undefined => {
  const { entries } = payload as Part;
  return entries && Object.entries(entries).map(([name, part]) => fieldOf(name, part));
};

/** All kinds, the project's own ones first. Only the mesh knows what the own ones take. */
export const kindInfos = (ownKinds: readonly string[]): readonly KindInfo[] => {
  const builtIn = new Map(BUILT_IN.map((job) => [job.kind, job]));
  const own = ownKinds.filter((kind) => !builtIn.has(kind)).map((kind) => ({ kind }));
  return [
    ...own,
    ...BUILT_IN.map(({ kind, payload }) => {
      const fields = fieldsOf(payload);
      return { kind, ...(fields && { fields }) };
    }),
  ];
};
