import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { envelopeJsonSchema } from '../../scripts/envelopeJsonSchema.ts';
import { hostJsonSchema } from '../../scripts/hostJsonSchema.ts';

it.each([
  ['envelope', envelopeJsonSchema()],
  ['host', hostJsonSchema()],
])('publishes the schema that %ss are checked with (npm run schema)', (name, schema) => {
  const published = JSON.parse(readFileSync(`docs/schema/${name}.schema.json`, 'utf8'));
  expect(published).toEqual(JSON.parse(JSON.stringify(schema)));
});
