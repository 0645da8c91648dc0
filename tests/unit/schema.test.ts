import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { envelopeJsonSchema } from '../../scripts/envelopeJsonSchema.ts';

it('publishes the schema that the worker checks with (npm run schema)', () => {
  const published = JSON.parse(readFileSync('docs/schema/envelope.schema.json', 'utf8'));
  expect(published).toEqual(JSON.parse(JSON.stringify(envelopeJsonSchema())));
});
