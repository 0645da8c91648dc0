/** Publishes the JSON Schemas from their one source of truth. */
import { writeFileSync } from 'node:fs';
import { envelopeJsonSchema } from './envelopeJsonSchema.ts';
import { hostJsonSchema } from './hostJsonSchema.ts';
import { hostProtocolJsonSchema } from './hostProtocolJsonSchema.ts';
import { openApi } from './openApi.ts';

for (const [name, schema] of [
  ['envelope', envelopeJsonSchema()],
  ['host', hostJsonSchema()],
  ['host-protocol', hostProtocolJsonSchema()],
] as const)
  writeFileSync(
    new URL(`../docs/schema/${name}.schema.json`, import.meta.url),
    `${JSON.stringify(schema, null, 2)}\n`,
  );
writeFileSync(
  new URL('../docs/schema/openapi.json', import.meta.url),
  `${JSON.stringify(openApi(), null, 2)}\n`,
);
