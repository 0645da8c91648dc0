/** What kinds say of themselves: names, and the payloads that they take. */
import type { KindInfo } from '#shared/contracts/kindsFile.ts';
import type { JobDefinition, Kinds } from './defineJob.ts';
import type { PayloadSchema } from './payloadSchema.ts';

const TARGET = 'draft-2020-12';

/** A schema that also follows the Standard JSON Schema, as those of zod and arktype do. */
interface Describing {
  readonly jsonSchema?: {
    readonly input: (options: { readonly target: string }) => Record<string, unknown>;
  };
}

const schemaOf = async (schema: PayloadSchema): Promise<KindInfo['schema']> => {
  const standard: PayloadSchema['~standard'] & Describing = schema['~standard'];
  if (standard.jsonSchema) return standard.jsonSchema.input({ target: TARGET });
  if (standard.vendor !== 'valibot') return undefined;
  const { toJsonSchema } = await import('@valibot/to-json-schema');
  // What a schema checks beyond JSON Schema is left to the mesh.
  const options = { target: TARGET, typeMode: 'input', errorMode: 'ignore' } as const;
  return { ...toJsonSchema(schema as Parameters<typeof toJsonSchema>[0], options) };
};

const described = async ({ kind, payload, sensitive }: JobDefinition): Promise<KindInfo> => {
  const always = { kind, ...(sensitive && sensitive.length > 0 && { sensitive }) };
  try {
    const schema = await schemaOf(payload);
    return { ...always, ...(schema && { schema }) };
  } catch {
    // A library refuses what JSON Schema cannot express; the mesh judges such payloads.
    return always;
  }
};

/** The kinds with the schemas of their payloads, as far as the libraries of the schemas can say. */
export const describeKinds = (kinds: Kinds): Promise<readonly KindInfo[]> =>
  Promise.all([...kinds.values()].map(described));
