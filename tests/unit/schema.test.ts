import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { envelopeJsonSchema } from '../../scripts/envelopeJsonSchema.ts';
import { hostJsonSchema } from '../../scripts/hostJsonSchema.ts';
import { hostProtocolJsonSchema } from '../../scripts/hostProtocolJsonSchema.ts';
import { openApi } from '../../scripts/openApi.ts';

it.each([
  ['envelope', envelopeJsonSchema()],
  ['host', hostJsonSchema()],
  ['host-protocol', hostProtocolJsonSchema()],
])('publishes the schema of %s that is checked with (npm run schema)', (name, schema) => {
  const published = JSON.parse(readFileSync(`docs/schema/${name}.schema.json`, 'utf8'));
  expect(published).toEqual(JSON.parse(JSON.stringify(schema)));
});

it('publishes the HTTP interface as it is (npm run schema)', () => {
  const published = JSON.parse(readFileSync('docs/schema/openapi.json', 'utf8'));
  expect(published).toEqual(JSON.parse(JSON.stringify(openApi())));
});
