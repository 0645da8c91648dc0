/** The envelope's JSON Schema, derived from the schema that the worker checks with. */
import { toJsonSchema } from '@valibot/to-json-schema';
import { envelopeSchema } from '#shared/jobs/envelope/schema.ts';

export const envelopeJsonSchema = (): object => ({
  $id: 'https://sheratan.dev/schema/envelope.json',
  title: 'Sheratan job envelope',
  description: 'The body of a message on one of the job queues.',
  ...toJsonSchema(envelopeSchema, { target: 'draft-2020-12', ignoreActions: ['check'] }),
});
