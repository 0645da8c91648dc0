/** The JSON Schema of host definitions, derived from the schema that the registry checks with. */
import { toJsonSchema } from '@valibot/to-json-schema';
import { hostSchema } from '#shared/hosts/registry/schema.ts';

export const hostJsonSchema = (): object => ({
  $id: 'https://sheratan.dev/schema/host.json',
  title: 'Sheratan host definition',
  description: 'What "sheratan hosts add" takes: one, an array of them, or JSON lines.',
  // What a schema cannot say (a header of the probe's own, a range backwards) the registry does.
  ...toJsonSchema(hostSchema, {
    target: 'draft-2020-12',
    typeMode: 'input',
    ignoreActions: ['check'],
  }),
});
