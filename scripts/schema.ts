/** Publishes JSON Schemas from their one source of truth. */
import { writeFileSync } from 'node:fs';
import { envelopeJsonSchema } from './envelopeJsonSchema.ts';
import { hostProtocolJsonSchema } from './hostProtocolJsonSchema.ts';

const publish = (name: string, schema: object): void =>
  writeFileSync(
    new URL(`../docs/schema/${name}.schema.json`, import.meta.url),
    `${JSON.stringify(schema, null, 2)}\n`,
  );

publish('envelope', envelopeJsonSchema());
publish('host-protocol', hostProtocolJsonSchema());
