/** Publishes the envelope's JSON Schema from its one source of truth. */
import { writeFileSync } from 'node:fs';
import { envelopeJsonSchema } from './envelopeJsonSchema.ts';

writeFileSync(
  new URL('../docs/schema/envelope.schema.json', import.meta.url),
  `${JSON.stringify(envelopeJsonSchema(), null, 2)}\n`,
);
