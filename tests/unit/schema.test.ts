import { readFileSync } from 'node:fs';
import { Validator } from '@seriousme/openapi-schema-validator';
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

it('describes the HTTP interface as OpenAPI wants it, by somebody else’s validator', async () => {
  const validator = new Validator();
  expect(await validator.validate('docs/schema/openapi.json')).toEqual({ valid: true });
  expect(validator.version).toMatch(/^3\.1/);
  const wrong = { ...openApi(), paths: { jobs: {} } };
  expect(await new Validator().validate(wrong)).toMatchObject({ valid: false });
});
